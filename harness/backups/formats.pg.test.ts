import { expect } from 'chai'
import { execa } from 'execa'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diffCatalogs } from '../catalog/diff.ts'
import { fingerprint } from '../catalog/fingerprint.ts'
import { readCatalog } from '../catalog/read.ts'
import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { errorOf } from '../testing/error-of.ts'
import { connect } from '../postgres/client.ts'
import { dockerTools, type DumpFormat } from '../testing/dump.ts'
import { proveRestore } from '../stages/prove-restore.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import { readFilesArchive } from './archive/files.ts'
import { customSource, filesSource } from './archive/source.ts'
import type { BackupFacts, RestoreOutcome, RestoreRequest } from './backup-format.ts'
import { createRoles } from './create-roles.ts'
import { openBackup } from './index.ts'
import { restoreInParallel } from './restore-in-parallel.ts'
import { isPlain } from './restore-parts.ts'

const formats: readonly DumpFormat[] = ['custom', 'directory', 'tar', 'plain']

for (const source of testServers.filter(({ engine }) => engine === 'docker')) {
  describe(`backups that ${source.title} makes`, function () {
    this.timeout(400_000)
    const paths = new Map<string, string>()
    let home = ''
    let original = ''
    let server: Server

    before(async function () {
      server = await serverOrSkip(source, this)
      const tools = (await dockerTools(server)) ?? this.skip()
      home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
      // The server words some expressions in another way when it has read its own words once.
      const first = await kitchenSink(server)
      await moreLargeObjects(server, first)
      original = await restored(server, await tools.dump(first, 'custom', home))
      await server.dropDatabase(first)
      for (const format of formats) paths.set(format, await tools.dump(original, format, home))
      await mkdir(join(home, 'more'))
      paths.set(
        'uncompressed directory',
        await tools.dump(original, 'directory', join(home, 'more'), ['-Z0']),
      )
      paths.set(
        'directory of inserts',
        await tools.dump(original, 'directory', await mkdtemp(join(home, 'inserts-')), ['--inserts']),
      )
      if (server.major >= 16) {
        for (const method of ['lz4', 'zstd']) {
          const within = await mkdtemp(join(home, method))
          paths.set(`${method} directory`, await tools.dump(original, 'directory', within, [`-Z${method}`]))
        }
      }
      for (const [name, path] of await wrapped(paths, home)) paths.set(name, path)
    })

    after(async () => {
      if (original !== '') await server.dropDatabase(original)
      if (home !== '') await rm(home, { recursive: true })
    })

    it('are brought back the same in every format and wrapping', async () => {
      const expected = await stateOf(server, original)
      expect(paths.size).to.be.at.least(20)
      for (const [name, path] of paths) {
        const database = await restored(server, path)
        try {
          const state = await stateOf(server, database)
          const differences = diffCatalogs(expected.catalog, state.catalog)
          expect(differences, `catalog of ${name}`).to.deep.equal([])
          // As a literal of INSERT, pg_dump's -0 is 0.
          const same = name.includes('inserts') ? counts : (line: string): string => line
          expect(state.data.map(same), `data of ${name}`).to.deep.equal(expected.data.map(same))
        } finally {
          await server.dropDatabase(database)
        }
      }
    })

    it('are brought back the same by several sessions at a time', async () => {
      const expected = await stateOf(server, original)
      for (const name of ['custom', 'directory', 'uncompressed directory', 'directory of inserts']) {
        const database = await restored(server, paths.get(name) ?? '', inParallel)
        try {
          const state = await stateOf(server, database)
          expect(diffCatalogs(expected.catalog, state.catalog), `catalog of ${name}`).to.deep.equal([])
          const same = name.includes('inserts') ? counts : (line: string): string => line
          expect(state.data.map(same), `data of ${name}`).to.deep.equal(expected.data.map(same))
        } finally {
          await server.dropDatabase(database)
        }
      }
    })

    it('lose by several sessions what the server refuses, and say so', async () => {
      const tools = await dockerTools(server)
      await server.createDatabase('orphans')
      const within = await mkdtemp(join(home, 'orphans-'))
      const into = 'orphans_restored'
      try {
        await using client = await session(server, 'orphans')
        await client.query(
          `create table parents (id int primary key); create table children (id int, parent int references parents);
           alter table children disable trigger all; insert into children values (1, 7)`,
        )
        const path = (await tools?.dump('orphans', 'custom', within)) ?? ''
        const { file, format } = await openBackup(path)
        const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
        await server.createDatabase(into)
        const { signal } = new AbortController()
        const request = { file, facts, server, database: into, signal, onProgress: () => {} }
        const { messages } = await inParallel(request)
        expect(messages.filter(({ kind }) => kind === 'degraded').map(({ text }) => text)).to.deep.equal([
          'FK CONSTRAINT children children_parent_fkey: insert or update on table "children" violates foreign key ' +
            'constraint "children_parent_fkey" DETAIL: Key (parent)=(7) is not present in table "parents".',
        ])
        const stopped = await inParallel({
          ...request,
          signal: AbortSignal.abort(new Error('enough')),
        }).catch((error: unknown) => error)
        expect(stopped).to.be.an('error').with.property('message', 'enough')
      } finally {
        for (const name of ['orphans', into]) await server.dropDatabase(name).catch(() => {})
      }
    })

    it('say the same about themselves in every format and wrapping', async () => {
      const expected = listsOf(await describe_(paths.get('custom') ?? ''))
      expect(expected).to.deep.include({
        publications: ['everything', 'few', 'odd'],
        foreignServers: ['warehouse'],
        serverMajor: server.major,
      })
      for (const [name, path] of paths) expect(listsOf(await describe_(path)), name).to.deep.equal(expected)
    })

    for (const other of testServers.filter((other) => other !== source)) {
      it(`are brought back on ${other.title}, or name the tool they need`, async function () {
        const target = await serverOrSkip(other, this)
        const expected = await stateOf(server, original)
        for (const [name, path] of paths) {
          // What is around it is taken off before any server is asked.
          if (name.includes('-in-') || name.includes('inserts')) continue
          const outcome = await restored(target, path).catch((error: unknown) => error)
          if (outcome instanceof HarnessError && target.major >= server.major) {
            expect(outcome.code, name).to.be.oneOf(['old-pg-restore', 'no-pg-restore'])
          } else if (typeof outcome === 'string') {
            const { data } = await stateOf(target, outcome)
            if (target.major === server.major) expect(data, name).to.deep.equal(expected.data)
            else expect(data.map(counts), name).to.deep.equal(expected.data.map(counts))
            await target.dropDatabase(outcome)
          }
        }
      })
    }

    it('are one clear error when a file of a directory is missing, cut off or damaged', async () => {
      const path = paths.get('uncompressed directory') ?? ''
      const facts = await describe_(path)
      expect(facts.tables).to.include('shop.titles')
      for (const [damage, code] of damages) {
        const copy = await mkdtemp(join(home, 'damaged-'))
        await cp(path, copy, { recursive: true })
        await damage(copy)
        expect((await errorOf(describe_(copy))).code, String(damage)).to.equal(code)
      }
    })
  })
}

const damages: readonly (readonly [(directory: string) => Promise<unknown>, string])[] = [
  [
    (directory) => execa('sh', ['-c', 'rm $(ls [0-9]*.dat | head -1)'], { cwd: directory }),
    'backup-incomplete',
  ],
  [
    (directory) => execa('sh', ['-c', 'rm $(ls blob_*.dat | head -1)'], { cwd: directory }),
    'backup-incomplete',
  ],
  [(directory) => execa('sh', ['-c', 'rm blobs*.toc'], { cwd: directory }), 'backup-incomplete'],
  [
    (directory) => execa('sh', ['-c', 'truncate -s -5 $(ls -S [0-9]*.dat | head -1)'], { cwd: directory }),
    'backup-truncated',
  ],
  [(directory) => execa('truncate', ['-s', '2000', 'toc.dat'], { cwd: directory }), 'backup-truncated'],
  [(directory) => writeFile(join(directory, 'toc.dat'), 'nonsense, and more of it'), 'backup-corrupt'],
]

/** The same backups in tars and compressions, as they are found in the wild. */
async function wrapped(paths: ReadonlyMap<string, string>, home: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const path = (format: DumpFormat): string => paths.get(format) ?? ''
  const make = async (name: string, script: string): Promise<void> => {
    await execa('sh', ['-c', `set -e; ${script}`, join(home, name)], { cwd: home })
    found.set(name, join(home, name))
  }
  await make('folder.tar', 'tar cf "$0" backup.directory')
  await make('packed.tgz', 'tar czf "$0" -C backup.directory .')
  await make('folder-backwards.tar.gz', 'tar czf "$0" $(ls -r backup.directory/*)')
  await make(
    'mac.tar.gz',
    'mkdir m; cp -r backup.directory m/x; for f in m/x/*; do echo x > m/x/._${f##*/}; done; touch m/.DS_Store; tar czf "$0" -C m .',
  )
  await make('folder-in-folder', 'mkdir "$0"; cp -r backup.directory "$0"')
  await make('unpacked-tar', 'mkdir "$0"; tar xf backup.tar -C "$0"')
  await make('tar-in-tar.tar', 'tar cf "$0" backup.tar')
  await make('tar-in-tar-in-gzip', 'tar cf - backup.tar | gzip > "$0"')
  await make('plain-in-tar.tar.gz', 'tar czf "$0" backup.plain')
  for (const [tool, program] of [
    ['gzip', 'gzip'],
    ['zstd', 'zstd'],
    ['lz4', 'lz4'],
    ['xz', 'xz'],
    ['bzip2', 'bzip2'],
  ] as const) {
    if ((await execa(program, ['--version'], { reject: false, input: '' })).exitCode !== 0) continue
    for (const format of ['custom', 'tar', 'plain'] as const)
      await make(`${format}-in-${tool}`, `${program} -c < ${path(format)} > "$0"`)
  }
  return found
}

/** More large objects than the one of the kitchen sink. */
async function moreLargeObjects(server: Server, database: string): Promise<void> {
  await using client = await session(server, database)
  await client.query(
    `select lo_from_bytea(0, decode(repeat(md5(n::text), n), 'hex')) from generate_series(1, 30) n`,
  )
}

async function describe_(path: string): Promise<BackupFacts> {
  return await withTemporary(async (scratch) => {
    const { file, format } = await openBackup(path, scratch)
    return await format.describe(file, { schema: undefined, name: 'kysely_migration' })
  })
}

/** As large directories and custom archives are restored into a container. */
async function inParallel(request: RestoreRequest): Promise<RestoreOutcome> {
  const { members } = request.file
  const source =
    members === undefined
      ? await customSource(request.file)
      : filesSource(await readFilesArchive(members.open('toc.dat')), members)
  if (source === undefined || !isPlain(source)) throw new Error('It cannot be restored in parallel.')
  return await restoreInParallel(request, source, 3)
}

/** Restores into a new database and returns its name; nothing may be lost. */
async function restored(
  server: Server,
  path: string,
  restore?: (request: RestoreRequest) => Promise<RestoreOutcome>,
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
  const database = `restored_${Math.random().toString(36).slice(2)}`
  try {
    const { file, format } = await openBackup(path, scratch)
    const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
    await createRoles(server, facts.roles)
    await server.createDatabase(database)
    const outcome = await (restore ?? format.restore)({
      file,
      facts,
      server,
      database,
      onProgress: () => {},
      signal: new AbortController().signal,
    })
    expect(outcome.messages.filter(({ kind }) => kind === 'degraded')).to.deep.equal([])
    const proof = await proveRestore(
      server.connection(database),
      facts,
      { check: false, known: [] },
      () => {},
    )
    expect(proof, path).to.deep.equal({ summary: proof.summary, findings: [] })
    expect(proof.summary, path).to.match(/^all [12]\d\d (entries|objects) .* are there$/)
    return database
  } catch (error) {
    await server.dropDatabase(database)
    throw error
  } finally {
    await rm(scratch, { recursive: true })
  }
}

async function stateOf(server: Server, database: string) {
  await using client = await session(server, database)
  const catalog = await readCatalog(client, { ignoreTables: [] })
  const tables = await fingerprint({
    connect: () => connect(server.connection(database)),
    ignoreTables: [],
    parallelism: 2,
    onProgress: () => {},
  })
  const { rows } = await client.query<{ objects: string }>(
    `select count(*) || ' ' || sum(hashtextextended(encode(lo_get(oid), 'hex'), oid::bigint)) as objects from pg_largeobject_metadata`,
  )
  return {
    catalog,
    data: [
      ...tables.map(({ name, rows, digest }) => `${name}: ${rows} ${digest}`),
      `large objects: ${rows[0]?.objects}`,
    ],
  }
}

/** What does not depend on the format. */
function listsOf(facts: BackupFacts) {
  const { roles, publications, subscriptions, foreignServers, serverMajor } = facts
  return {
    roles,
    publications: publications.toSorted(),
    subscriptions,
    foreignServers,
    serverMajor,
    tables: facts.tables.toSorted(),
    extensions: facts.extensions.toSorted(),
  }
}

/** Of a table's state what no Postgres version changes. */
function counts(state: string): string {
  return state.replace(/ -?\w+$/, '')
}
