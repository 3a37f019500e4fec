import { expect } from 'chai'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'
import { sharedServer } from '../testing/server.ts'
import { observeFootprints } from './footprints.ts'
import { openTap, type TapOptions } from './tap.ts'
import { traced, type TracedRun } from './traced.ts'

const names = { exact: 'traced_exact', observed: 'traced_observed' }

describe('locks of two runs', () => {
  let server: Server

  before(async () => {
    server = await sharedServer()
    await server.createDatabase(names.exact)
    await session(server.connection(names.exact), async (client) => {
      await client.query('create table listings (id int primary key, price int, postage int)')
      await client.query('insert into listings select n, n from generate_series(1, 100000) n')
    })
    await server.cloneDatabase(names.exact, names.observed)
  })

  after(async () => {
    for (const name of Object.values(names)) await server.dropDatabase(name)
  })

  it('are held as long as another client is kept out, whatever looking costs', async () => {
    const migration = [
      'begin',
      'alter table listings add column if not exists sold boolean',
      'update listings set sold = price % 2 = 0',
      'select pg_sleep(0.3)',
      'commit',
    ]
    const reader = await readerOf(server.connection(names.exact))
    const exact = await run(server.connection(names.exact), migration)
    const stallMs = await reader.longestMs()
    const observer = await observeFootprints(server.connection(names.observed))
    const observed = await run(server.connection(names.observed), migration, { rounds: observer.rounds })
    await observer.close()

    const statements = traced(exact, observed, observer.footprints)
    expect(statements.map(({ text, timing }) => [text, timing])).to.deep.equal([
      [migration[1], 'exact'],
      [migration[2], 'exact'],
      [migration[3], 'exact'],
    ])
    const lock = statements[0]?.locks.find(({ mode }) => mode === 'ACCESS EXCLUSIVE')
    expect(lock?.relation).to.equal('public.listings')
    expect(lock?.heldMs).to.be.within(
      stallMs - Math.max(50, stallMs / 10),
      stallMs + Math.max(50, stallMs / 10),
    )
    expect(statements[1]?.writes[0]).to.deep.include({ rows: 100_000 })
    expect(statements[1]?.walBytes).to.be.within(5_000_000, 100_000_000)
    // A busy machine may wake the reader late; a wrong figure stays wrong.
  }).retries(2)

  it('of a savepoint end with its rollback', async () => {
    const observer = await observeFootprints(server.connection(names.observed))
    const undone = [
      'begin',
      'savepoint s',
      'lock listings',
      'rollback to s',
      'select 1',
      'select pg_sleep(1)',
      'rollback',
    ]
    const observed = await run(server.connection(names.observed), undone, { rounds: observer.rounds })
    await observer.close()
    const lock = traced(observed, observed, observer.footprints).flatMap(({ locks }) => locks)[0]
    expect(lock?.mode).to.equal('ACCESS EXCLUSIVE')
    expect(lock?.heldMs).to.be.lessThan(900)
  })

  it('of statements without a counterpart are timed by the observed run and say so', async () => {
    const observer = await observeFootprints(server.connection(names.observed))
    const observed = await run(server.connection(names.observed), ['alter table listings add a1 int'], {
      rounds: observer.rounds,
    })
    await observer.close()
    const [statement] = traced({ statements: [], windows: [] }, observed, observer.footprints)
    expect(statement?.timing).to.equal('observed')
  })
})

async function run(
  database: Connection,
  statements: readonly string[],
  options?: TapOptions,
): Promise<TracedRun> {
  const tap = await openTap(database, options)
  await session({ ...database, host: tap.host, port: tap.port }, async (client) => {
    for (const statement of statements) await client.query(statement)
  })
  await tap.close()
  expect(tap.failedInspections).to.deep.equal([])
  const windows = [{ migration: '001', direction: 'up', startedAt: 0, endedAt: null }] as const
  return { statements: tap.statements, windows }
}

/** Reads the table all the time, and logs how long it ever took. */
async function readerOf(database: Connection) {
  const client = new Client(database)
  await client.connect()
  const stop = new AbortController()
  let longestMs = 0
  const reading = (async () => {
    while (!stop.signal.aborted) {
      const startedAt = performance.now()
      await client.query('select price from listings where id = 7')
      longestMs = Math.max(longestMs, performance.now() - startedAt)
      await pause(2)
    }
  })()
  return {
    async longestMs() {
      stop.abort()
      await reading
      await client.end()
      return longestMs
    },
  }
}

async function session(database: Connection, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(database)
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
