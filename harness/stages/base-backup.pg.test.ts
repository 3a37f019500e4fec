import { expect } from 'chai'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engines } from '../engines/index.ts'
import type { EngineName } from '../engines/index.ts'
import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { urlOf } from '../postgres/url.ts'
import { serverPrefix } from '../runs/directory.ts'
import { openRun } from '../runs/open-run.ts'
import { copyRunningCluster, furnish, shopFacts, sourceServer } from '../testing/base-backup.ts'
import type { SourceServer } from '../testing/base-backup.ts'
import { dockerTools } from '../testing/dump.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { openBackup } from '../backups/index.ts'
import { chooseDatabase } from '../backups/physical/choose-database.ts'
import { takeOver } from './take-over.ts'

for (const testServer of testServers) {
  describe(`a base backup of ${testServer.title}`, () => {
    let source: SourceServer | undefined
    let server: Server
    let home = ''
    let original: Record<string, unknown>
    const paths: string[] = []

    before(async function () {
      await serverOrSkip(testServer, this)
      source = await sourceServer(testServer)
      server = source.server
      home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
      await furnish(server)
      const tools = testServer.engine === 'docker' ? await dockerTools(server) : undefined
      if (tools !== undefined) await tools.makeDirectory('/tmp/fast')
      if (tools !== undefined) await moreSpace(server)
      original = await shopFacts(server)
      if (testServer.engine === 'docker') {
        if (tools === undefined) return this.skip()
        paths.push(join(home, 'tar'), join(home, 'plain'))
        await tools.baseBackup(join(home, 'tar'), ['--format=tar', '--gzip'])
        // Its tablespace stays in the container: this one is to be found incomplete.
        const mapping = '--tablespace-mapping=/tmp/fast=/tmp/mapped'
        await tools.baseBackup(join(home, 'plain'), ['--format=plain', '--write-recovery-conf', mapping])
      } else {
        paths.push(join(home, 'copy'))
        await copyRunningCluster(server, join(home, 'copy'))
      }
    })

    after(async () => {
      await source?.[Symbol.asyncDispose]()
      if (home !== '') await rm(home, { recursive: true })
    })

    it('says what it is of without being started', async () => {
      const { rows } = await withClient(server.connection('postgres'), (client) =>
        client.query<{ id: string }>('select system_identifier as id from pg_control_system()'),
      )
      const { format, facts } = await described(paths[0])
      expect(format.name).to.equal('basebackup')
      expect(facts).to.include({ serverMajor: server.major, systemIdentifier: rows[0]?.id })
      expect(facts.physical?.manifest).to.equal(testServer.engine === 'docker' ? 'verified' : 'missing')
      expect(facts.physical?.minimums).to.include({ max_prepared_transactions: 3 })
      expect(facts.tablespaces).to.have.length(testServer.engine === 'docker' ? 1 : 0)
      const ageMs = Date.now() - Date.parse(facts.createdAt?.replace(' ', 'T') ?? '')
      expect(ageMs).to.be.within(-1_000, 120_000)
    })

    it('starts as it is, with production’s bloat and statistics, and nobody but us can log in', async () => {
      await withStarted(paths[0], testServer.engine, async (copy, backup) => {
        expect(await chooseDatabase(copy, undefined)).to.equal('shop')
        expect(await shopFacts(copy)).to.deep.equal(original)
        const facts = await withClient(copy.connection('shop'), async (client) => {
          const { rows } = await client.query<Record<string, string>>(
            `select pg_is_in_recovery()::text as recovery, current_setting('archive_mode') as archiving,
                    current_setting('primary_conninfo') as primary,
                    coalesce((select size from pg_stat_file('server.key', true))::text, 'null') as key,
                    (select count(*) from pg_replication_slots) as slots,
                    (select count(*) from pg_subscription where subenabled) as subscriptions,
                    (select count(*) from pg_stat_activity where backend_type ~ 'logical|walreceiver|archiver') as workers,
                    (select string_agg(rolname, ',') from pg_authid where rolcanlogin or rolpassword is not null) as logins,
                    (select count(*) from pg_prepared_xacts) as prepared`,
          )
          return rows[0]
        })
        expect(facts).to.deep.equal({
          recovery: 'false',
          archiving: 'off',
          primary: '',
          key: 'null',
          slots: '0',
          subscriptions: '0',
          workers: '0',
          logins: 'postgres',
          prepared: '1',
        })
        await withClient(copy.connection('shop'), (client) =>
          client.query(`update pg_database set datcollversion = '0.9' where datname = 'shop'`),
        )
        const { findings } = await takeOver(
          { masking: { rules: {}, required: false, salt: undefined } },
          backup,
          { server: copy, database: 'shop' },
          () => {},
          { copyAtMostBytes: Infinity },
        )
        expect(findings.map(({ id }) => id)).to.deep.equal(['defused', 'collation-version-changed'])
        expect(findings[0]?.evidence?.details).to.deep.equal([
          'prepared transaction forgotten: rolled back',
          'subscription orders: disabled, without slot and connection',
        ])
        expect(findings[1]?.message).to.match(/by version 0\.9 .* has \S+: 1 index on text/)
        const pristine = await withClient(copy.connection('shop_pristine'), (client) =>
          client.query<{ bytes: string }>(`select pg_relation_size('items') as bytes`),
        )
        expect(pristine.rows[0]?.bytes).to.equal(original['bytes'])
        await copy.createDatabase('another')
        const unclear = await chooseDatabase(copy, undefined).catch((thrown: unknown) => thrown)
        expect(unclear).to.include({ code: 'backup-several-databases' })
      })
    })

    it('whose WAL was lost is one error, and nothing is left', async function () {
      if (testServer.engine === 'docker') this.skip()
      const wal = join(paths[0] ?? '', 'pg_wal')
      for (const name of await readdir(wal)) {
        if (/^[0-9A-F]{24}$/.test(name)) await writeFile(join(wal, name), Buffer.alloc(16 * 1024 * 1024))
      }
      const error = await withStarted(paths[0], testServer.engine, async () => {}).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).to.include({ code: 'backup-without-wal' })
      expect(String(error)).to.contain('could not locate required checkpoint record')
    })

    it('is not complete without its tablespace', async function () {
      if (testServer.engine !== 'docker') this.skip()
      const error = await described(paths[1]).catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'backup-incomplete' })
      expect(String(error)).to.contain('pg_tblspc/')
    })

    it('is never restored into the server that it was taken from', async () => {
      const { facts } = await described(paths[0])
      const run = await openRun()
      const serverUrl = urlOf(server.connection('postgres'))
      const request = { major: undefined, image: undefined, serverUrl, run }
      const asked = { ...request, productionIdentifier: facts.systemIdentifier }
      expect(await engines.external.probe(request)).to.include({ available: true })
      const refused = await engines.external.probe(asked)
      await run.dispose()
      expect(refused).to.include({ available: false })
      expect(JSON.stringify(refused)).to.contain('the very server that the backup was taken from')
    })
  })
}

it('a base backup of another major than the image’s is refused before it is copied', async function () {
  const fifteen = testServers.find(({ major }) => major === 15)
  if (fifteen === undefined) throw new Error('Postgres 15 is not listed.')
  await serverOrSkip(fifteen, this)
  const run = await openRun()
  const nothing = async function* () {
    yield* []
    throw new Error('It was copied.')
  }
  const data = { major: 14, recovers: true, minimums: {}, files: nothing }
  const request = { major: 14, image: 'postgres:15', serverUrl: undefined, run, data }
  const error = await engines.docker.start(request).catch((thrown: unknown) => thrown)
  await run.dispose()
  expect(error).to.be.instanceOf(HarnessError)
  expect(error).to.include({ code: 'basebackup-major' })
})

async function moreSpace(server: Server): Promise<void> {
  await withClient(server.connection('shop'), async (client) => {
    await client.query(`create tablespace fast location '/tmp/fast'`)
    await client.query('create table elsewhere tablespace fast as select 1 as a')
  })
}

async function described(path = '') {
  const { file, format } = await openBackup(path)
  const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
  return { file, format, facts }
}

async function withStarted(
  path: string | undefined,
  engine: EngineName,
  work: (server: Server, backup: Awaited<ReturnType<typeof described>>) => Promise<void>,
): Promise<void> {
  const backup = await described(path)
  const { file, format, facts } = backup
  const run = await openRun()
  const major = facts.serverMajor ?? undefined
  const data = format.dataDirectory?.(file, facts)
  try {
    const server = await engines[engine].start({ major, image: undefined, serverUrl: undefined, run, data })
    try {
      await work(server, backup)
    } finally {
      await server.stop()
    }
  } finally {
    expect((await readdir(run.directory)).filter((name) => name.startsWith(serverPrefix))).to.deep.equal([])
    await run.dispose()
  }
}
