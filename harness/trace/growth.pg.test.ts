import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { Client } from 'pg'
import type { Connection } from '../postgres/connection.ts'
import { suiteDatabase } from '../testing/server.ts'
import type { Footprint } from './footprint.ts'
import { observeFootprints } from './footprints.ts'
import { serverLogOf, tellServerLog } from './server-log.ts'
import { openTap } from './tap.ts'

describe('what statements make larger', () => {
  let database: Connection
  suiteDatabase('growth', async (connection) => {
    database = connection
    await session(database, async (client) => {
      await client.query('create table listings (id int primary key, price int, note text)')
      await client.query('insert into listings select n, n from generate_series(1, 50000) n')
    })
    expect(await tellServerLog(database)).to.equal(true)
  })

  it('is told by table, index, TOAST and dead rows, inside a transaction and outside', async () => {
    const before = await sizes()
    const statements = [
      'begin',
      'update listings set price = price + 1',
      'create index listings_price on listings (price)',
      "update listings set note = (select string_agg(md5((id + n)::text), '') from generate_series(1, 200) n) where id <= 100",
      'commit',
      'create index concurrently listings_note on listings (id, price)',
      'alter table listings alter column price type bigint',
    ]
    const footprints = await observed(statements)
    const [update, index, toast, concurrently, rewrite] = footprints.map(({ growth }) => growth[0])
    const after = await sizes()
    expect(footprints).to.have.length(5)
    expect(footprints.every(({ growth }) => growth.length === 1)).to.equal(true)
    expect(update).to.deep.include({ relation: 'public.listings', deadRows: 50_000, toastBytes: 0 })
    expect(update?.tableBytes).to.be.within(1_500_000, 3_000_000)
    expect(update?.indexBytes).to.be.above(500_000)
    expect(index).to.deep.include({ tableBytes: 0, deadRows: 0 })
    expect(index?.indexBytes).to.be.above(500_000)
    expect(toast?.toastBytes).to.be.above(300_000)
    expect(toast?.deadRows).to.equal(100)
    expect(concurrently?.indexBytes).to.be.within(500_000, 3_000_000)
    expect(rewrite?.tableBytes).to.be.below(0)
    const all = footprints.flatMap(({ growth }) => growth)
    const sum = (of: 'tableBytes' | 'indexBytes' | 'toastBytes') =>
      all.reduce((total, it) => total + it[of], 0)
    expect(sum('tableBytes')).to.equal(after.table - before.table)
    expect(sum('toastBytes')).to.equal(after.toast - before.toast)
    // pg_indexes_size counts the maps of free space too.
    expect(sum('indexBytes')).to.be.closeTo(after.indexes - before.indexes, 50_000)
  })

  it('are temporary files too, and a wait for a lock is told with its length', async () => {
    const holder = new Client(database)
    await holder.connect()
    const holding = holder.query('begin')
    let released: Promise<void> | undefined
    const [sort, wait] = await observed(
      [
        `set work_mem = '64kB'`,
        'select count(*) from (select n from generate_series(1, 200000) n order by n desc) s',
        'alter table listings add column sold boolean',
      ],
      async () => {
        await holding
        await holder.query('lock table listings in access exclusive mode')
        released = release(holder)
      },
    )
    await released
    await holder.end()
    const log = [sort, wait].map((footprint) => serverLogOf(footprint?.statements ?? []))
    expect(log[0]?.tempBytes).to.be.above(2_000_000)
    expect(log[0]?.lockWaitMs).to.equal(0)
    expect(log[1]?.tempBytes).to.equal(0)
    expect(log[1]?.lockWaitMs).to.be.within(300, 5_000)
  })

  /** Gives its lock back 400 ms after somebody has begun to wait for it. */
  async function release(holder: Client): Promise<void> {
    const waiting = `select exists (select from pg_locks where not granted and relation = 'listings'::regclass) as waiting`
    while (!(await session(database, async (client) => (await client.query(waiting)).rows[0].waiting)))
      await pause(10)
    await pause(400)
    await holder.query('commit')
  }

  async function observed(
    statements: readonly string[],
    onceOpen: () => Promise<void> = async () => {},
  ): Promise<readonly Footprint[]> {
    const observer = await observeFootprints(database)
    await onceOpen()
    const tap = await openTap(database, { rounds: observer.rounds })
    try {
      await session({ ...database, host: tap.host, port: tap.port }, async (client) => {
        for (const statement of statements) await client.query(statement)
      })
      expect(tap.failedInspections).to.deep.equal([])
    } finally {
      await tap.close()
      await observer.close()
    }
    return observer.footprints
  }

  async function sizes(): Promise<{ table: number; indexes: number; toast: number }> {
    return session(database, async (client) => {
      const { rows } = await client.query<Record<'table' | 'indexes' | 'toast', string>>(
        `select pg_relation_size(oid) as table, pg_indexes_size(oid) as indexes,
           pg_total_relation_size(reltoastrelid) as toast from pg_class where relname = 'listings'`,
      )
      const [row] = rows
      return { table: Number(row?.table), indexes: Number(row?.indexes), toast: Number(row?.toast) }
    })
  }
})

async function session<Result>(
  database: Connection,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(database)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
