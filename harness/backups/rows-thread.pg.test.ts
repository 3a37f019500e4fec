import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { DatabaseError } from 'pg'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import { session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { startRowsThread, type RowsThread } from './rows-thread.ts'

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `${from + at}\t${'x'.repeat(100)}\n`).join('')

for (const testServer of testServers) {
  describe(`the thread that loads rows, on ${testServer.title}`, () => {
    const database = 'rows_thread'
    let server: Server
    let thread: RowsThread

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase(database)
      await withClient(server.connection(database), async (client) => {
        await client.query('create table items (id int primary key, text text)')
      })
      thread = startRowsThread()
    })

    after(async () => {
      await thread?.close()
      await server?.dropDatabase(database)
    })

    it('unpacks rows and loads several tables at a time', async () => {
      const whole = gzipSync(lines(0, 20_000))
      await withClient(server.connection(database), async (client) => {
        await client.query('create table others (like items)')
      })
      await Promise.all([load(chunksOf(whole)), load(chunksOf(whole), { table: 'others' })])
      expect(await count()).to.equal(20_000)
      expect(await count('others')).to.equal(20_000)
    })

    it('takes chunks no faster than the server does', async () => {
      await using blocker = await session(server, database)
      await blocker.query('begin; lock table items')
      let given = 0
      const endless = async function* (): AsyncGenerator<Buffer> {
        for (; given < 100; given += 1) yield Buffer.from(lines(given * 1_000, (given + 1) * 1_000))
      }
      const loading = load(endless(), { compression: 'none' })
      await sleep(500)
      expect(given).to.be.lessThan(10)
      await blocker.query('commit')
      await loading
      expect(await count()).to.equal(100_000)
    })

    it('says what the server says, and where, and leaves nothing', async () => {
      await load([Buffer.from('1\ta\n')], { compression: 'none' })
      const error = await load([Buffer.from('1\ta\n'), Buffer.from('1\tb\n')], { compression: 'none' }).catch(
        same,
      )
      expect(error).to.be.instanceOf(DatabaseError)
      expect(error).to.include({ code: '23505', detail: 'Key (id)=(1) already exists.' })
      expect(error).to.have.property('where').that.contains('COPY items, line 2')
      expect(await count()).to.equal(1)
    })

    it('ends with what is wrong with the backup', async () => {
      const cut = gzipSync(lines(0, 20_000)).subarray(0, 2_000)
      expect(await load([cut]).catch(same)).to.have.property('code', 'Z_BUF_ERROR')
      expect(await load([Buffer.from('no gzip at all')]).catch(same)).to.have.property('code', 'Z_DATA_ERROR')
      const unreadable = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from('7\tc\n')
        throw new Error('the disk is broken')
      }
      const error = await load(unreadable(), { compression: 'none' }).catch(same)
      expect(error).to.have.property('message', 'the disk is broken')
      expect(await count()).to.equal(1)
    })

    it('ends when the session does, and when told to; and goes on with others', async () => {
      const stuck = async (then: (pid: string) => Promise<void>, signal?: AbortSignal): Promise<unknown> => {
        await using blocker = await session(server, database)
        await blocker.query('begin; lock table items')
        const loading = load([Buffer.from('8\td\n')], { compression: 'none' }, signal).catch(same)
        await then(await waiting())
        const error = await loading
        await blocker.query('commit')
        return error
      }
      const killed = await stuck(async (pid) => {
        await withClient(server.connection(database), async (client) => {
          await client.query(`select pg_terminate_backend($1)`, [pid])
        })
      })
      expect(killed)
        .to.have.property('message')
        .that.matches(/terminating connection|Connection terminated/)
      const ending = new AbortController()
      const ended = await stuck(async () => ending.abort(new Error('enough')), ending.signal)
      expect(ended).to.have.property('message', 'enough')
      await load([Buffer.from('9\te\n')], { compression: 'none' })
    })

    async function load(
      chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
      { table = 'items', compression = 'gzip' }: { table?: string; compression?: 'gzip' | 'none' } = {},
      signal = new AbortController().signal,
    ): Promise<void> {
      const request = {
        connection: server.connection(database),
        begin: `begin; truncate ${table}`,
        copy: `copy ${table} from stdin`,
        compression,
      }
      const copied = async function* (): AsyncGenerator<Buffer> {
        yield* chunks
      }
      await thread.load(request, copied(), signal)
    }

    async function count(table = 'items'): Promise<number> {
      return await withClient(server.connection(database), async (client) => {
        const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`)
        return Number(rows[0]?.count)
      })
    }

    /** The session that waits for a lock. */
    async function waiting(): Promise<string> {
      return await withClient(server.connection(database), async (client) => {
        for (let tries = 0; tries < 100; tries += 1) {
          const { rows } = await client.query<{ pid: string }>(
            `select pid from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`,
            [database],
          )
          if (rows[0] !== undefined) return rows[0].pid
          await sleep(50)
        }
        throw new Error('Nobody waits.')
      })
    }
  })
}

const same = (error: unknown): unknown => error

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield Buffer.from(bytes.subarray(at, at + 65_536))
}
