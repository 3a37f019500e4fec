import { expect } from 'chai'
import { execa } from 'execa'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { connect as openSocket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { Connection } from '../postgres/connection.ts'
import { suiteDatabase } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import type { Statement } from './statement.ts'
import type { Tap, TapOptions } from './tap.ts'
import { openTap } from './tap.ts'

describe('tap', () => {
  let direct: Connection
  suiteDatabase('tap', (connection) => void (direct = connection))

  async function withTap(work: (tap: Tap, through: Connection) => Promise<void>, options?: TapOptions) {
    const tap = await openTap(direct, options)
    try {
      await work(tap, { ...direct, host: tap.host, port: tap.port })
    } finally {
      await tap.close()
    }
  }

  /** Holds what statements wait for until it is released, so that no time has to be guessed. */
  async function blocked() {
    const client = await opened(direct)
    await client.query('select pg_advisory_lock(1)')
    const release = async () => void (await client.query('select pg_advisory_unlock_all()'))
    const waits = 'perform pg_advisory_xact_lock_shared(1)'
    return { waits, release, [Symbol.asyncDispose]: async () => await client.end() }
  }

  it('gives the same results as the server itself', async () => {
    const queries = [
      'select 1 as a, null as b, now() is not null as c',
      `select n, md5(n::text), decode(md5(n::text), 'hex') from generate_series(1, 20000) n`,
      `select repeat('ü', 5000000) as wide`,
      'select 1 as one; select 2 as two; create temp table x (a int); insert into x values (1), (2)',
      'select',
      '',
      { text: 'select $1::int + $2::int as sum, $3::text', values: [1, 2, 'x'] },
      { text: 'select $1::bytea', values: [Buffer.alloc(3_000_000, 7)] },
      { name: 'named', text: 'select $1::jsonb', values: ['{"a": 1}'] },
      { name: 'named', text: 'select $1::jsonb', values: ['{"a": 2}'] },
      'selec 1',
      { text: 'select 1 / $1::int', values: [0] },
    ]
    const bare = await answers(direct, queries)
    await withTap(async (tap, through) => {
      expect(await answers(through, queries)).to.deep.equal(bare)
      expect(tap.statements.filter(({ outcome }) => outcome === 'failed').length).to.equal(2)
      expect(tap.statements.length).to.equal(15)
      expect(tap.inFlight()).to.deep.equal([])
    })
  })

  it('records text, tag, rows, timing and transaction status', async () => {
    await withTap(async (tap, through) => {
      await withPg(through, async (client) => {
        const before = performance.timeOrigin + performance.now()
        await client.query('begin')
        await client.query('create table listed (a int primary key, b int)')
        await client.query('insert into listed select n, $1 from generate_series(1, 500) n', [1])
        expect(tap.connections[0]).to.deep.include({ transaction: 'in-transaction', open: true })
        await client.query('select pg_sleep(0.05)')
        await client.query('rollback')
        const [begin, create, insert, sleep, rollback] = tap.statements
        expect(begin).to.deep.include({ tag: 'BEGIN', transaction: 'in-transaction', outcome: 'completed' })
        expect(create).to.deep.include({ tag: 'CREATE TABLE', rows: 0, protocol: 'simple' })
        expect(insert).to.deep.include({
          tag: 'INSERT 0 500',
          rows: 500,
          parameters: 1,
          protocol: 'extended',
        })
        expect(sleep?.durationMs).to.be.within(49, 2000)
        expect(sleep?.startedAt).to.be.within(before, before + 5000)
        expect(rollback).to.deep.include({ transaction: 'idle' })
        const { rows } = await client.query('select pg_backend_pid() as pid')
        expect(tap.connections[0]).to.deep.include({
          backendPid: rows[0].pid,
          user: direct.user,
          database: 'tap',
        })
        expect(new Set(tap.statements.map(({ backendPid }) => backendPid))).to.deep.equal(
          new Set([rows[0].pid]),
        )
      })
    })
  })

  it('records errors with position, whatever the protocol', async () => {
    await withTap(async (tap, through) => {
      await withPg(through, async (client) => {
        await client.query('selec 1').catch(() => {})
        await client.query('select $1::int from nowhere', [1]).catch(() => {})
        await client.query('begin')
        await client.query('create temp table u (a int constraint positive check (a > 0))')
        await client.query('insert into u values ($1)', [-1]).catch(() => {})
        await client.query(`do $$ begin perform missing(); end $$`).catch(() => {})
        await client.query('rollback')
      })
      const [syntax, missing, , , check, aborted] = tap.statements
      expect(syntax?.error).to.deep.include({ code: '42601', position: 1, severity: 'ERROR' })
      expect(missing?.error).to.deep.include({ code: '42P01', position: 21 })
      expect(check?.error).to.deep.include({
        code: '23514',
        constraint: 'positive',
        table: 'u',
        position: null,
      })
      expect(check?.transaction).to.equal('failed')
      expect(aborted?.error?.code).to.equal('25P02')
    })
  })

  it('blames the statement whose commit failed over a deferred constraint', async () => {
    await withTap(async (tap, through) => {
      await withPg(through, async (client) => {
        await client.query('create table parents (id int primary key)')
        await client.query('create table children (id int references parents deferrable initially deferred)')
        await client.query('insert into children values ($1)', [1]).catch(() => {})
        await client.query('drop table children, parents')
      })
      const insert = tap.statements[2]
      expect(insert).to.deep.include({ outcome: 'failed', tag: null, transaction: 'idle' })
      expect(insert?.error).to.deep.include({ code: '23503', constraint: 'children_id_fkey' })
    })
  })

  it('lists each statement of a string, and the notices', async () => {
    await withTap(async (tap, through) => {
      await withPg(through, async (client) => {
        await client.query(
          `select 1; do $$ begin raise warning 'look'; end $$; select 2 from generate_series(1, 3)`,
        )
        await client.query('rollback')
      })
      expect(tap.statements.map(({ part, tag }) => `${part} ${tag}`)).to.deep.equal([
        '1 SELECT 1',
        '2 DO',
        '3 SELECT 3',
        '1 ROLLBACK',
      ])
      expect(tap.statements[1]?.notices).to.deep.equal([
        { severity: 'WARNING', code: '01000', message: 'look' },
      ])
      expect(tap.statements[3]?.notices[0]?.code).to.equal('25P01')
    })
  })

  it('passes 50 MB of COPY in and out unchanged', async () => {
    await withTap(async (tap, through) => {
      await withPg(through, async (client) => {
        await client.query('create temp table copied (a text)')
        const sent = createHash('sha256')
        const rows = lines(50, (line) => sent.update(line))
        await pipeline(Readable.from(rows), client.query(copyFrom('copy copied from stdin')))
        const received = createHash('sha256')
        await pipeline(client.query(copyTo('copy copied to stdout')), async (chunks) => {
          for await (const chunk of chunks) received.update(chunk)
        })
        expect(received.digest('hex')).to.equal(sent.digest('hex'))
      })
      const [, copyIn, copyOut] = tap.statements
      expect(copyIn).to.deep.include({ tag: 'COPY 50000', rows: 50_000, copiedBytes: 50_000_000 })
      expect(copyOut).to.deep.include({ tag: 'COPY 50000', rows: 50_000, copiedBytes: 50_000_000 })
    })
  })

  it('holds a client back that sends faster than the server takes', async () => {
    await withTap(async (_tap, through) => {
      await using blocker = await blocked()
      await withPg(through, async (client) => {
        await client.query(`create temp table slow (a text);
          create function pg_temp.wait() returns trigger language plpgsql as
            $$ begin if new.a like '0 %' then ${blocker.waits}; end if; return new; end $$;
          create trigger wait before insert on slow for each row execute function pg_temp.wait()`)
        let sent = 0
        const rows = lines(50, (line) => (sent += line.length))
        const copied = pipeline(Readable.from(rows), client.query(copyFrom('copy slow from stdin')))
        await delay(1000)
        // What the kernel's buffers of both hops hold may be gone; a tap without back-pressure takes it all.
        expect(sent).to.be.lessThan(30_000_000)
        await blocker.release()
        await copied
        expect(sent).to.equal(50_000_000)
      })
    })
  })

  it('holds the server back when the client reads slowly', async () => {
    await withTap(async (tap, through) => {
      const query = `copy (select repeat('x', 999) from generate_series(1, 100000)) to stdout`
      const psql = spawn('psql', ['-X', '-c', query], { env: { ...process.env, ...environment(through) } })
      await until(() => (tap.statements[0]?.copiedBytes ?? 0) > 0)
      await delay(700)
      expect(tap.statements[0]?.copiedBytes).to.be.lessThan(60_000_000)
      let received = 0
      for await (const chunk of psql.stdout) received += (chunk as Buffer).length
      expect([received, tap.statements[0]?.tag]).to.deep.equal([100_000_000, 'COPY 100000'])
    })
  })

  it('passes cancellation on', async () => {
    await withTap(async (tap, through) => {
      const psql = execa('psql', ['-X', '-c', 'select pg_sleep(60)'], {
        env: environment(through),
        reject: false,
      })
      await until(() => tap.inFlight().length === 1)
      psql.kill('SIGINT')
      expect((await psql).stderr).to.include('canceling statement due to user request')
      expect(tap.statements[0]?.error?.code).to.equal('57014')
      expect(tap.connections.map(({ cancelRequest }) => cancelRequest)).to.deep.equal([false, true])
    })
  })

  it('keeps 20 parallel connections apart', async () => {
    await withTap(async (tap, through) => {
      const clients = Array.from({ length: 20 }, async (_, index) => {
        await withPg(through, async (client) => {
          const { rows } = await client.query('select pg_backend_pid() as pid')
          for (let round = 0; round < 30; round += 1) {
            const answer = await client.query('select $1::int as client, $2::int as round', [index, round])
            expect(answer.rows).to.deep.equal([{ client: index, round }])
          }
          const own = tap.statements.filter(({ backendPid }) => backendPid === rows[0].pid)
          expect([own.length, new Set(own.map(({ connection }) => connection)).size]).to.deep.equal([31, 1])
        })
      })
      await Promise.all(clients)
      const starts = tap.statements.map(({ startedAt }) => startedAt)
      expect(starts).to.deep.equal(starts.toSorted((one, other) => one - other))
      await until(() => tap.connections.every(({ open }) => !open))
    })
  })

  it('records what a terminated backend was doing, and that an idle one was terminated', async () => {
    await withTap(async (tap, through) => {
      const [busy, idle] = await Promise.all([opened(through), opened(through)])
      const waiting = busy.query('select pg_sleep(60)').catch((error: unknown) => error)
      await until(() => tap.inFlight().length === 1)
      const pids = tap.connections.map(({ backendPid }) => backendPid)
      await withPg(direct, async (client) => {
        await client.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids])
      })
      expect(await waiting).to.have.property('code', '57P01')
      await until(() => tap.connections.every(({ open }) => !open))
      expect(tap.statements[0]?.error).to.deep.include({ severity: 'FATAL', code: '57P01' })
      const errors = tap.connections.map(({ error }) => error?.code)
      expect(errors.toSorted()).to.deep.equal(['57P01', undefined])
      await Promise.all([busy, idle].map((client) => client.end().catch(() => {})))
    })
  })

  for (const way of ['in order', 'by a reset'] as const) {
    it(`ends the server's side when a client disconnects ${way} in the middle of a statement`, async () => {
      await withTap(async (tap, through) => {
        await using blocker = await blocked()
        const client = await opened(through)
        const text = `do $$ begin ${blocker.waits}; end $$`
        void client.query({ text, queryMode: 'extended' } as { text: string }).catch(() => {})
        await until(() => tap.inFlight().length === 1)
        if (way === 'in order') client.connection.stream.destroy()
        else client.connection.stream.resetAndDestroy()
        if (way === 'in order') await blocker.release()
        await until(() => tap.connections.every(({ open }) => !open))
        // The server only notices a client that left in order when it has finished, and it has committed then.
        const expected = way === 'in order' ? 'completed' : 'lost'
        expect(tap.statements.map(({ outcome }) => outcome)).to.deep.equal([expected])
        await blocker.release()
        const pid = tap.connections[0]?.backendPid
        await withPg(direct, async (observer) => {
          const gone = 'select not exists (select from pg_stat_activity where pid = $1) as gone'
          await until(async () => (await observer.query(gone, [pid])).rows[0].gone)
        })
      })
    })
  }

  it('outlives connections that never finish a handshake', async () => {
    await withTap(async (tap, through) => {
      const greetings = [
        '',
        '00',
        '0000000804d2162f',
        '00000020000300007573',
        '16030100f8010000f4',
        '474554202f',
      ]
      for (const hex of greetings) {
        const socket = openSocket({ host: tap.host, port: tap.port })
        await once(socket, 'connect')
        socket.end(Buffer.from(hex, 'hex'))
        socket.resume()
        await once(socket, 'close')
      }
      expect((await answers(through, ['select 1']))[0]).to.include('SELECT')
      expect(tap.statements.length).to.equal(1)
      expect(tap.connections.filter(({ readable }) => !readable).length).to.equal(2)
      await until(() => tap.connections.every(({ open }) => !open))
    })
  })

  it('tells why a login was refused', async () => {
    await withTap(async (tap, through) => {
      const refused = await opened({ ...through, database: 'nowhere' }).catch((error: unknown) => error)
      expect(refused).to.have.property('code', '3D000')
      expect(tap.connections[0]?.error).to.deep.include({ severity: 'FATAL', code: '3D000' })
    })
  })

  it('serves psql: strings, files, \\copy and refusal of TLS', async () => {
    await withTemporary(async (directory) => {
      await withTap(async (tap, through) => {
        const file = join(directory, 'in.csv')
        await writeFile(file, Array.from({ length: 1000 }, (_, n) => `${n},row ${n}\n`).join(''))
        const script = `create table psql_copied (a int, b text);
          \\copy psql_copied from '${file}' csv
          \\copy (select * from psql_copied order by a) to '${join(directory, 'out.csv')}' csv
          drop table psql_copied; select 'done' as said \\g`
        const psql = { env: environment(through), input: script }
        expect((await execa('psql', ['-X', '-At', '-v', 'ON_ERROR_STOP=1'], psql)).stdout).to.include('done')
        expect((await execa('cmp', [file, join(directory, 'out.csv')])).exitCode).to.equal(0)
        expect(tap.statements.map(({ tag }) => tag)).to.deep.equal([
          'CREATE TABLE',
          'COPY 1000',
          'COPY 1000',
          'DROP TABLE',
          'SELECT 1',
        ])
        const strict = { env: { ...environment(through), PGSSLMODE: 'require' }, reject: false }
        expect((await execa('psql', ['-X', '-c', 'select 1'], strict)).stderr).to.include(
          'does not support SSL',
        )
      })
    })
  })

  it('serves Kysely, transactions included', async () => {
    await withTap(async (tap, through) => {
      const pool = new Pool({ ...through, max: 2 })
      const kysely = new Kysely<Record<string, { id: number }>>({ dialect: new PostgresDialect({ pool }) })
      await kysely.transaction().execute(async (trx) => {
        await trx.schema.createTable('kysely_made').addColumn('id', 'integer').execute()
        await trx
          .insertInto('kysely_made')
          .values([{ id: 1 }, { id: 2 }])
          .execute()
      })
      const failed = await sql`selec`.execute(kysely).catch((error: unknown) => error)
      expect(failed).to.have.property('code', '42601')
      await kysely.schema.dropTable('kysely_made').execute()
      await kysely.destroy()
      expect(tap.statements.map(({ tag, transaction }) => `${tag} ${transaction}`)).to.deep.equal([
        'BEGIN in-transaction',
        'CREATE TABLE in-transaction',
        'INSERT 0 2 in-transaction',
        'COMMIT idle',
        'null idle',
        'DROP TABLE idle',
      ])
    })
  })

  it('shows a statement in flight that waits for a lock while it is parsed', async () => {
    await withTap(async (tap, through) => {
      const [blocker, waiter] = [await opened(direct), await opened(through)]
      await blocker.query('create table locked (a int)')
      await blocker.query('begin; lock table locked')
      const waiting = waiter.query('select * from locked where a = $1', [1])
      await until(() => tap.inFlight().length === 1)
      await delay(100)
      expect(tap.inFlight().map(({ text }) => text)).to.deep.equal(['select * from locked where a = $1'])
      await blocker.query('drop table locked; rollback; drop table locked')
      await waiting.catch(() => {})
      expect(tap.inFlight()).to.deep.equal([])
      // A timer may come a little early.
      expect(tap.statements[0]?.durationMs).to.be.greaterThan(90)
      await Promise.all([blocker.end(), waiter.end()])
    })
  })

  it('cuts before a statement: the server has all before it and not the statement', async () => {
    const cutBefore = {
      onBeforeStatement: ({ text }: Statement) => (text.includes('second') ? 'cut' : 'pass'),
    }
    await withTap(async (tap, through) => {
      const client = await opened(through)
      await client.query('create table cut_at (a text)')
      await client.query(`insert into cut_at values ('first')`)
      const failed = await client
        .query('insert into cut_at values ($1) /* second */', ['x'])
        .catch((error: unknown) => error)
      expect(failed).to.be.instanceOf(Error)
      await until(() => tap.connections.every(({ open }) => !open))
      expect(tap.statements.map(({ outcome }) => outcome)).to.deep.equal(['completed', 'completed', 'lost'])
      const left = await answers(direct, ['select * from cut_at', 'drop table cut_at'])
      expect(left[0]).to.include('[{"a":"first"}]')
      await client.end().catch(() => {})
    }, cutBefore as TapOptions)
  })

  it('cuts a connection and closes while statements run', async () => {
    const settled: string[] = []
    const tap = await openTap(direct, { onStatement: ({ outcome }) => settled.push(outcome) })
    const through = { ...direct, host: tap.host, port: tap.port }
    const clients = await Promise.all([opened(through), opened(through)])
    const failures = clients.map((client) =>
      client.query('select pg_sleep(60)').catch((error: unknown) => error),
    )
    await until(() => tap.inFlight().length === 2)
    tap.cut(1)
    expect(await failures[0]).to.be.instanceOf(Error)
    await tap.close()
    await tap.close()
    expect(await failures[1]).to.be.instanceOf(Error)
    expect(settled).to.deep.equal(['lost', 'lost'])
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
  })

  it('lets a transaction be inspected after each statement, before anything else happens', async () => {
    const seen: string[] = []
    const observer = await opened(direct)
    const held = `select count(*)::int as n from pg_locks where pid = $1 and mode = 'AccessExclusiveLock'`
    const inspect = async (pid: number, statements: readonly Statement[]): Promise<void> => {
      await delay(20)
      const { rows } = await observer.query(held, [pid])
      seen.push(`${statements.map(({ text }) => text).join(' | ')}: ${rows[0].n}`)
    }
    await withTap(
      async (tap, through) => {
        await withPg(through, async (client) => {
          await client.query('begin')
          await client.query('create table inspected (a int)')
          await client.query('lock table inspected')
          await client.query('select $1::int', [1])
          await client.query('commit')
          await client.query('drop table inspected')
          await client.query('begin; create temp table inspected (a int)')
          await pipeline(Readable.from(['1\n', '2\n']), client.query(copyFrom('copy inspected from stdin')))
          await client.query('rollback')
        })
        expect(tap.failedInspections).to.deep.equal([])
      },
      { inspect },
    )
    await observer.end()
    expect(seen.map((line) => line.replace(/: [1-9]\d*$/, ': some'))).to.deep.equal([
      'begin: 0',
      'create table inspected (a int): some',
      'lock table inspected: some',
      'select $1::int: some',
      'begin; create temp table inspected (a int) | begin; create temp table inspected (a int): some',
      'copy inspected from stdin: some',
    ])
  })

  it('goes on when an inspection fails, and says so', async () => {
    await withTap(
      async (tap, through) => {
        await answers(through, ['begin', 'select 1', 'commit'])
        expect(tap.statements.map(({ tag }) => tag)).to.deep.equal(['BEGIN', 'SELECT 1', 'COMMIT'])
        expect(tap.failedInspections.length).to.equal(2)
      },
      { inspect: () => Promise.reject(new Error('no')) },
    )
  })
})

async function opened(connection: Connection): Promise<Client & { connection: { stream: Socket } }> {
  const client = new Client(connection)
  client.on('error', () => {})
  await client.connect()
  return client as Client & { connection: { stream: Socket } }
}

async function withPg(connection: Connection, work: (client: Client) => Promise<void>): Promise<void> {
  const client = await opened(connection)
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** What each query gives: rows, fields, counts or the error, as text. */
async function answers(
  connection: Connection,
  queries: readonly (string | { text: string; values: unknown[]; name?: string })[],
): Promise<string[]> {
  const given: string[] = []
  await withPg(connection, async (client) => {
    for (const query of queries) {
      const answer: unknown = await client.query(query).catch((error: unknown) => ({ ...(error as object) }))
      const digest = createHash('sha256').update(JSON.stringify(answer)).digest('hex')
      given.push(`${JSON.stringify(answer).slice(0, 2000)} ${digest}`)
    }
  })
  return given
}

function environment({ host, port, user, password, database }: Connection): Record<string, string> {
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database }
}

function* lines(megabytes: number, note: (line: string) => void): Generator<string> {
  for (let index = 0; index < megabytes * 1000; index += 1) {
    const line = `${String(index).padEnd(999, ' x')}\n`
    note(line)
    yield line
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain')
    await delay(5)
  }
}
