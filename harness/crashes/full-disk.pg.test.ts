import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Client, DatabaseError } from 'pg'
import { embedded } from '../engines/embedded.ts'
import type { Server } from '../engines/engine.ts'
import { untilRecovered } from '../engines/recovery.ts'
import { connect, withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { missingEngine } from '../testing/program.ts'
import { fail } from './placement.ts'

/** Left on the disk: the table does not fit, and what is logged of it fits into the log's first file. */
const leftBytes = 3e6

/**
 * What a server does when its disk is really full, beside what `placement.ts` does instead at every boundary: whoever
 * runs migrations must not be able to tell the one from the other by anything but code and message.
 */
describe('a full disk', function () {
  this.timeout(60_000)
  let base: string
  let run: Run
  let server: Server
  const temporary = process.env['TMPDIR']

  before(async function () {
    const reason =
      (await missingEngine('embedded')) ??
      (process.platform === 'linux' && process.getuid?.() === 0 ? undefined : 'only root on Linux can mount')
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`)
      return this.skip()
    }
    base = await mkdtemp(join(tmpdir(), 'pgr-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=711', 'tmpfs', base])
    await mkdir(join(base, 'tmp'), { mode: 0o711 })
    await chmod(base, 0o711)
    process.env['TMPDIR'] = join(base, 'tmp')
    run = await openRun()
    server = await embedded.start({ major: undefined, image: undefined, serverUrl: undefined, run })
    await withClient(server.connection('postgres'), async (client) => {
      await client.query('create table kept as select 1 as n; checkpoint')
    })
  })

  after(async () => {
    await server?.stop()
    await run?.dispose()
    if (temporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temporary
    if (base === undefined) return
    execFileSync('umount', [base])
    await rm(base, { recursive: true, force: true })
  })

  it('fails the statement and the transaction, as the error does that is brought about instead', async () => {
    await withFullDisk(async () => {
      const real = await transaction((client) =>
        client.query(`create table large as select repeat(md5(n::text), 30) from generate_series(1, 9000) n`),
      )
      const injected = await transaction((client) => client.query(fail))
      expect(real.first).to.deep.include({ code: '53100', severity: 'ERROR' })
      expect(real.first?.message).to.match(/^could not extend file .*: No space left on device$/)
      expect(injected.first).to.deep.include({ code: '57014', severity: 'ERROR' })
      // All that follows is the same: the transaction is over, the session is not, nothing is left.
      expect(real.after).to.deep.equal(injected.after)
      expect(real.after).to.deep.equal({ next: '25P02', rolledBack: 'ROLLBACK', tables: 'kept', alive: true })
    })
  })

  it('ends the server when its log has no room, as SIGKILL does that is used instead', async () => {
    const died = await withFullDisk(async (free) => {
      const client = await connect(server.connection('postgres'))
      client.on('error', () => {})
      await client.query('begin; insert into kept values (2)')
      const log = client.query(
        `select pg_logical_emit_message(false, 'full', repeat('x', 1000000)) from generate_series(1, 60)`,
      )
      const error = await log.catch((thrown: unknown) => thrown)
      // At once: a server that finds no room for recovering either ends for good.
      free()
      const next = await client.query('select 1').catch((thrown: unknown) => thrown)
      await client.end().catch(() => {})
      return { error: error as DatabaseError, next: String(next) }
    })
    expect(died.error).to.deep.include({ severity: 'PANIC', code: '53100' })
    expect(died.next).to.match(/terminated/)
    await untilRecovered(server.connection('postgres'))
    await withClient(server.connection('postgres'), async (client) => {
      expect((await client.query('select count(*) as count from kept')).rows[0]?.count).to.equal('1')
    })
  })

  async function transaction(work: (client: Client) => Promise<unknown>) {
    const client = await connect(server.connection('postgres'))
    try {
      await client.query('begin')
      await client.query('create table half (n integer)')
      const first = await work(client).then(
        () => undefined,
        ({ code, severity, message }: DatabaseError) => ({ code, severity, message }),
      )
      const next = await client.query('select 1').then(
        () => undefined,
        ({ code }: DatabaseError) => code,
      )
      const { command: rolledBack } = await client.query('commit')
      const { rows } = await client.query<{ tables: string }>(
        `select string_agg(relname, ' ') as tables from pg_class where relnamespace = 'public'::regnamespace`,
      )
      return { first, after: { next, rolledBack, tables: rows[0]?.tables, alive: true } }
    } finally {
      await client.end()
    }
  }

  async function withFullDisk<Result>(work: (free: () => void) => Promise<Result>): Promise<Result> {
    const filler = join(base, 'filler')
    const { bavail, bsize } = await statfs(base)
    await writeFile(filler, Buffer.alloc(bavail * bsize - leftBytes))
    const free = (): void => rmSync(filler, { force: true })
    try {
      return await work(free)
    } finally {
      free()
    }
  }
})
