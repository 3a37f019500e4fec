import { expect } from 'chai'
import { Client } from 'pg'
import type { Connection } from '../postgres/connection.ts'
import { suiteDatabase } from '../testing/server.ts'
import { lockSpans } from './lock-spans.ts'
import type { LockObserver, LockSample } from './locks.ts'
import { observeLocks } from './locks.ts'
import type { Tap } from './tap.ts'
import { openTap } from './tap.ts'

describe('locks', () => {
  let direct: Connection
  suiteDatabase('trace_locks', (connection) => void (direct = connection))

  /** Runs the statements one by one on one connection through a tap, on fresh tables. */
  async function observed(statements: readonly string[]): Promise<{ observer: LockObserver; tap: Tap }> {
    await run(direct, [
      'drop schema if exists shop cascade; create schema shop',
      'create table shop.parents (id int primary key); create table shop.children (id int, parent int, note text)',
      'insert into shop.children select n, n from generate_series(1, 1000) n',
    ])
    const observer = await observeLocks(direct)
    const tap = await openTap(direct, { inspect: observer.inspect })
    await run({ ...direct, host: tap.host, port: tap.port }, statements)
    await tap.close()
    await observer.close()
    expect(tap.failedInspections).to.deep.equal([])
    return { observer, tap }
  }

  const table: readonly { readonly sql: string; readonly takes: readonly string[] }[] = [
    { sql: 'select * from shop.children', takes: ['children ACCESS SHARE'] },
    { sql: 'select * from shop.children for update', takes: ['children ROW SHARE'] },
    { sql: 'update shop.children set note = 1 where id = 1', takes: ['children ROW EXCLUSIVE'] },
    {
      sql: 'alter table shop.children alter id set statistics 9',
      takes: ['children SHARE UPDATE EXCLUSIVE'],
    },
    { sql: 'create index on shop.children (note)', takes: ['children SHARE'] },
    {
      sql: 'alter table shop.children add foreign key (parent) references shop.parents not valid',
      takes: ['children SHARE ROW EXCLUSIVE', 'parents SHARE ROW EXCLUSIVE'],
    },
    { sql: 'lock shop.children in exclusive mode', takes: ['children EXCLUSIVE'] },
    { sql: 'alter table shop.children add column price int', takes: ['children ACCESS EXCLUSIVE'] },
    { sql: 'drop table shop.parents', takes: ['parents ACCESS EXCLUSIVE', 'parents_pkey ACCESS EXCLUSIVE'] },
    { sql: 'create table shop.new (a int primary key)', takes: [] },
  ]

  for (const { sql, takes } of table) {
    it(`are seen after the statement: ${sql}`, async () => {
      const { observer } = await observed(['begin', sql, 'rollback'])
      const [begin, after] = observer.samples
      expect(begin && names(begin)).to.deep.equal([])
      expect(after && names(after)).to.include.members([...takes])
      expect(after?.statements.map(({ text }) => text)).to.deep.equal([sql])
      if (takes.length === 0) expect(after?.locks).to.deep.equal([])
    })
  }

  it('are what the session itself sees in pg_locks', async () => {
    const own = `select coalesce(string_agg(relname || ' ' || mode, ',' order by relname, mode), '') as seen
      from pg_locks join pg_class on pg_class.oid = relation
      where pid = pg_backend_pid() and relnamespace = 'shop'::regnamespace`
    await run(direct, ['create schema if not exists shop'])
    const seen: string[] = []
    await run(direct, ['begin', 'create table if not exists shop.warm (a int)', 'commit'])
    const observer = await observeLocks(direct)
    const tap = await openTap(direct, { inspect: observer.inspect })
    const client = new Client({ ...direct, host: tap.host, port: tap.port })
    await client.connect()
    for (const sql of ['begin', 'alter table shop.warm add b int', 'select * from shop.warm', own]) {
      const answer = await client.query(sql)
      if (sql === own) seen.push(String(answer.rows[0].seen))
    }
    await client.end()
    await tap.close()
    await observer.close()
    const last = observer.samples.at(-1)
    expect(last && names(last).toSorted().join(',')).to.equal(spelt(seen[0] ?? ''))
  })

  it('are followed from the statement that took them to the transaction that gives them back', async () => {
    const { observer, tap } = await observed([
      'begin',
      'alter table shop.children add column price int',
      'select pg_sleep(0.2)',
      'update shop.parents set id = id',
      'commit',
      'begin',
      'select * from shop.parents',
      'commit',
    ])
    const spans = lockSpans(observer.samples, tap.statements)
    const strong = spans.find(({ lock }) => lock.mode === 'ACCESS EXCLUSIVE')
    expect(strong?.lock).to.deep.include({ schema: 'shop', name: 'children', kind: 'r' })
    expect(strong?.takenBy.map(({ text }) => text)).to.deep.equal([tap.statements[1]?.text])
    const commit = tap.statements[4]
    expect(strong?.heldUntil).to.equal((commit?.startedAt ?? 0) + (commit?.durationMs ?? 0))
    expect((strong?.heldUntil ?? 0) - (strong?.takenBefore ?? 0)).to.be.within(200, 2000)
    const shared = spans.filter(({ lock }) => lock.name === 'parents' && lock.mode === 'ACCESS SHARE')
    expect(shared.map(({ takenBy }) => takenBy[0])).to.deep.equal([tap.statements[6]])
  })

  it('end with a savepoint or an error, not with the transaction', async () => {
    const { observer, tap } = await observed([
      'begin',
      'lock shop.parents in share mode',
      'savepoint s',
      'lock shop.children in access exclusive mode',
      'rollback to s',
      'boom',
      'rollback to s',
      'select 1',
      'boom again',
      'rollback',
      'begin',
      'lock shop.children in exclusive mode',
      'bang',
      'rollback',
    ])
    const spans = lockSpans(observer.samples, tap.statements)
    const ends = spans.map(({ lock, heldUntil }) => {
      const by = tap.statements.find(({ startedAt, durationMs }) => startedAt + durationMs === heldUntil)
      return `${lock.name} ${lock.mode} until ${by?.text}`
    })
    expect(ends).to.deep.equal([
      'parents SHARE until rollback',
      'children ACCESS EXCLUSIVE until rollback to s',
      'children EXCLUSIVE until bang',
    ])
  })

  it('of a lost connection have no end', async () => {
    const observer = await observeLocks(direct)
    const tap = await openTap(direct, { inspect: observer.inspect })
    const client = new Client({ ...direct, host: tap.host, port: tap.port })
    client.on('error', () => {})
    await client.connect()
    await client.query('begin')
    await client.query('lock shop.children')
    await tap.close()
    await observer.close()
    await client.end().catch(() => {})
    expect(lockSpans(observer.samples, tap.statements).map(({ heldUntil }) => heldUntil)).to.deep.equal([
      null,
    ])
  })
})

const names = ({ locks }: LockSample): string[] => locks.map(({ name, mode }) => `${name} ${mode}`)

function spelt(locks: string): string {
  const spelling = (name: string) =>
    name
      .replace(/Lock$/, '')
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toUpperCase()
  return locks
    .split(',')
    .map((lock) => lock.replace(/\S+$/, spelling))
    .toSorted()
    .join(',')
}

async function run(connection: Connection, statements: readonly string[]): Promise<void> {
  const client = new Client(connection)
  client.on('notice', () => {})
  await client.connect()
  for (const statement of statements) {
    // Statements that are there to fail have no SQL keyword in them.
    await client.query(statement).catch((error: Error) => {
      if (!/^(boom|bang)/.test(statement)) throw error
    })
  }
  await client.end()
}
