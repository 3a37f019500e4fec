import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { hookFile } from '../runs/storage-hook.ts'
import { missingEngine } from '../testing/program.ts'
import { readControlFile } from '../backups/physical/control-file.ts'
import type { DataDirectory } from './data-directory.ts'
import { embedded } from './embedded.ts'
import { sweepShelf } from './embedded-shelf.ts'
import type { Freezing, Server } from './engine.ts'

const hooks = new URL('../../docs/storage-hooks/', import.meta.url).pathname

/** Where each hook is tried: the file system it is for, in a loop file, or a directory where none can be had. */
const storages: Readonly<Record<string, { hook: string; make?: readonly string[] }>> = {
  'copies, on any file system': { hook: `sed 's/=always/=auto/' ${hooks}reflink.sh | sh -s --` },
  'shared blocks on XFS': { hook: `${hooks}reflink.sh`, make: ['mkfs.xfs', '-q'] },
  'subvolumes of btrfs': { hook: `${hooks}btrfs.sh`, make: ['mkfs.btrfs', '-q'] },
}

for (const [title, { hook, make }] of Object.entries(storages)) {
  describe(`a storage hook that makes ${title}`, function () {
    this.timeout(60_000)
    let freezing: Freezing
    let run: Run
    let base: string
    let mounted = false
    const before_ = { TMPDIR: process.env['TMPDIR'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] }

    before(async function () {
      const reason = (await missingEngine('embedded')) ?? whyNotMountable(make?.[0])
      if (reason !== undefined || embedded.freezing === undefined) {
        console.log(`      skipped: ${reason}`)
        return this.skip()
      }
      freezing = embedded.freezing
      base = await mkdtemp(join(tmpdir(), 'pgr-storage-'))
      if (make !== undefined) mount(base, make)
      mounted = make !== undefined
      await chmod(base, 0o711)
      for (const name of ['tmp', 'cache']) await mkdir(join(base, name), { mode: 0o711 })
      process.env['TMPDIR'] = join(base, 'tmp')
      process.env['XDG_CACHE_HOME'] = join(base, 'cache')
      run = await openRun()
    })

    after(async () => {
      if (run !== undefined) await run.dispose()
      for (const [name, value] of Object.entries(before_)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
      if (mounted) execFileSync('umount', [base])
      if (base !== undefined) {
        await rm(`${base}.img`, { force: true })
        await rm(base, { recursive: true, force: true })
      }
    })

    it('keeps what was frozen, clones it for servers that do not see each other, and removes it all', async () => {
      const request = { major: undefined, image: undefined, serverUrl: undefined, run, storageHook: hook }
      const server = await freezing.start(request)
      await sql(server, 'create table t as select i from generate_series(1, 1000) i')
      const frozen = await server.freeze()
      expect(frozen.storageHook).to.equal(hook)
      const kept = await freezing.shelf.put({ key: 'a'.repeat(24), frozen, record: '{}' })
      expect(existsSync(frozen.place)).to.equal(false)
      expect(await readFile(join(dirname(kept.frozen.place), hookFile), 'utf8')).to.equal(hook)
      const [one, other] = await Promise.all([
        freezing.clone(kept.frozen, { ...request, purpose: 'one' }),
        freezing.clone(kept.frozen, { ...request, purpose: 'other' }),
      ])
      expect(one.method).to.equal('clones by the storage hook')
      await sql(one.server, 'delete from t where i > 10')
      expect([await rows(one.server), await rows(other.server)]).to.deep.equal(['10', '1000'])
      await Promise.all([one.server.stop(), other.server.stop()])
      expect((await readdir(run.directory)).filter((name) => name.startsWith('server-'))).to.deep.equal([])
      expect(await sweepShelf()).to.deep.equal([])
      expect(await freezing.shelf.list()).to.have.length(1)
      await freezing.shelf.remove(kept)
      expect(await readdir(join(base, 'cache', 'pg-rehearsal', 'snapshots'))).to.deep.equal([])
    })

    it('starts a data directory in place, and writes nothing into it', async () => {
      const source = await stoppedCluster(hook)
      const seen = fingerprintOf(source)
      const data: DataDirectory = {
        major: Number((await readFile(join(source, 'PG_VERSION'), 'utf8')).trim()),
        recovers: false,
        minimums: readControlFile(await readFile(join(source, 'global/pg_control'))).minimums,
        directory: source,
        files: () => filesOf(source),
      }
      const server = await embedded.start({
        major: data.major,
        image: undefined,
        serverUrl: undefined,
        run,
        data,
        storageHook: hook,
      })
      await sql(server, 'delete from t where i > 10')
      expect(await rows(server)).to.equal('10')
      await server.stop()
      expect(fingerprintOf(source)).to.equal(seen)
      await freezing.discard({ place: source, controlDigest: '', bytes: 0 })
    })

    it('fails with what the command said, and leaves nothing', async () => {
      const request = { major: undefined, image: undefined, serverUrl: undefined, run }
      const failing = embedded.start({ ...request, storageHook: 'echo no space in the pool >&2; exit 1;' })
      const error = await failing.catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HarnessError)
      expect(String(error)).to.match(/create .*data ended with 1: no space in the pool/)
      expect((await readdir(run.directory)).filter((name) => name.startsWith('server-'))).to.deep.equal([])
    })

    /** The data directory of a server that was shut down, made by the hook, as a backup that lies on the storage. */
    async function stoppedCluster(storageHook: string): Promise<string> {
      const request = { major: undefined, image: undefined, serverUrl: undefined, run, storageHook }
      const server = await freezing.start(request)
      await sql(server, 'create table t as select i from generate_series(1, 1000) i')
      const { place } = await server.freeze()
      await writeFile(join(place, 'server.key'), 'a secret of production', { mode: 0o600 })
      return place
    }
  })
}

async function* filesOf(directory: string): ReturnType<DataDirectory['files']> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const localPath = join(entry.parentPath, entry.name)
    const path = localPath.slice(directory.length + 1)
    const kind = entry.isDirectory() ? 'directory' : 'file'
    yield { path, kind, bytes: 0, localPath, content: async function* () {} }
  }
}

function fingerprintOf(directory: string): string {
  const script =
    'cd "$0" && find . -printf "%p %m %u %T@\\n" | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum'
  return execFileSync('sh', ['-c', script, directory], { encoding: 'utf8' })
}

async function sql(server: Server, text: string): Promise<void> {
  await withClient(server.connection('postgres'), async (client) => void (await client.query(text)))
}

async function rows(server: Server): Promise<string | undefined> {
  return await withClient(server.connection('postgres'), async (client) => {
    const found = await client.query<{ count: string }>('select count(*) as count from t')
    return found.rows[0]?.count
  })
}

function whyNotMountable(tool: string | undefined): string | undefined {
  if (tool === undefined) return undefined
  if (process.getuid?.() !== 0) return 'only root can mount'
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`])
    return undefined
  } catch {
    return `${tool} is not there (Debian: ${tool === 'mkfs.xfs' ? 'xfsprogs' : 'btrfs-progs'})`
  }
}

function mount(directory: string, [tool = '', ...args]: readonly string[]): void {
  execFileSync('truncate', ['-s', '1G', `${directory}.img`])
  execFileSync(tool, [...args, `${directory}.img`])
  execFileSync('mount', ['-o', 'loop', `${directory}.img`, directory])
}
