import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { embedded } from '../engines/embedded.ts'
import type { Engine } from '../engines/engine.ts'
import type { HarnessError } from '../errors.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { errorOf } from '../testing/error-of.ts'
import { missingEngine, runProgram } from '../testing/program.ts'
import { makeRoom } from './make-room.ts'

const frozenBytes = 40e6

/** On two small disks of its own, 300 MB each: one for servers, one for snapshots. */
describe('room for a restore', function () {
  this.timeout(60_000)
  let base: string
  let run: Run
  const disks = ['tmp', 'cache'] as const
  const before_ = { TMPDIR: process.env['TMPDIR'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] }

  before(async function () {
    const reason =
      (await missingEngine('embedded')) ??
      (process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'only root on Linux can mount')
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      return this.skip()
    }
    base = await mkdtemp(join(tmpdir(), 'pgr-room-'))
    await chmod(base, 0o711)
    for (const disk of disks) {
      await mkdir(join(base, disk))
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=711', 'tmpfs', join(base, disk)])
    }
    process.env['TMPDIR'] = join(base, 'tmp')
    process.env['XDG_CACHE_HOME'] = join(base, 'cache')
    run = await openRun()
  })

  after(async () => {
    await run?.dispose()
    for (const [name, value] of Object.entries(before_)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    if (base === undefined) return
    for (const disk of disks) execFileSync('umount', [join(base, disk)])
    await rm(base, { recursive: true, force: true })
  })

  it('is asked for neither where it is certain nor where nobody can tell', async () => {
    expect(await notes({ bytes: 5e6 })).to.deep.equal([])
    const engine = { ...embedded, freeBytes: () => Promise.resolve(undefined) }
    expect(await notes({ bytes: 5e12, engine })).to.deep.equal([])
  })

  it('is said to be short, and tried, where it may do', async () => {
    const [note, ...others] = await notes({ bytes: 100e6 })
    expect(note).to.match(
      /^31\d\.\d MB are free .*, and the restored backup may take 2\.1 GB: it may not fit$/,
    )
    expect(others).to.deep.equal([])
    // Dumped as they are, tables hardly grow; and what Postgres compresses by itself becomes smaller.
    expect(await notes({ bytes: 500e6, compression: 'none' })).to.have.length(1)
  })

  it('is refused where it cannot do, before anything is started', async () => {
    const error = await errorOf(notes({ bytes: 400e6 }))
    expect(error).to.include({ code: 'disk-too-small' })
    expect((error as HarnessError).message).to.match(
      /^Restoring \/backups\/a takes 448\.0 MB at the least, 8\.1 GB perhaps, and 31\d\.\d MB are free /,
    )
    expect((error as HarnessError).hint).to.match(/TMPDIR .*`rehearse snapshots`/)
  })

  it('is made by removing snapshots on the disk that lacks it, and on no other', async () => {
    const shelf = embedded.freezing?.shelf
    const place = join(base, 'tmp', 'frozen', 'data')
    await mkdir(join(place, 'global'), { recursive: true })
    await writeFile(join(place, 'filling'), Buffer.alloc(frozenBytes))
    const frozen = { place, controlDigest: '', bytes: frozenBytes }
    await shelf?.put({ key: '0123456789abcdef', frozen, record: JSON.stringify({ backup: {} }) })
    // The servers' disk is too small, the snapshots' is not.
    await writeFile(join(base, 'tmp', 'filling'), Buffer.alloc(150e6))
    expect(await notes({ bytes: 4e6 })).to.have.length(1)
    expect(await shelf?.list()).to.have.length(1)
    await rm(join(base, 'tmp', 'filling'))
    expect(await notes({ bytes: 10e6 })).to.deep.equal(['removed snapshot 01234567 to make room'])
    expect(await shelf?.list()).to.deep.equal([])
  })

  it('is missing at once for the whole program, which ends with 2', async () => {
    await writeFile(join(base, 'tmp', 'filling'), Buffer.alloc(275e6))
    const result = await runProgram(['--engine', 'embedded', '--ask', 'none'], { cwd: packageFile('.') })
    await rm(join(base, 'tmp', 'filling'))
    expect(result.exitCode, result.stdout).to.equal(2)
    expect(result.stdout).to.match(/disk-too-small[\s\S]*free where the server keeps its data/)
  })

  async function notes({
    bytes,
    compression = 'gzip',
    engine = embedded,
  }: {
    bytes: number
    compression?: string
    engine?: Engine
  }): Promise<string[]> {
    const seen: string[] = []
    const request = { major: undefined, image: undefined, serverUrl: undefined, run }
    const file = { path: '/backups/a' } as Parameters<typeof makeRoom>[0]['file']
    const facts = { bytes, compression, manifest: null, physical: null } as Parameters<
      typeof makeRoom
    >[0]['facts']
    await makeRoom(
      { engine, request, file, facts },
      { stores: true, observe: (event) => void (event.kind === 'note' && seen.push(event.text)) },
    )
    return seen
  }
})
