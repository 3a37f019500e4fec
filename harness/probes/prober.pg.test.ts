import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import { applicationName, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { StatementFacts } from '../rehearsal.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { now } from './clock.ts'
import type { Timeline } from './culprit.ts'
import { judgeProbes } from './judge.ts'
import { measure } from './measure.ts'
import { startProber, type Prober } from './prober.ts'
import { readTargets, type Targets } from './targets.ts'
import type { TrafficPlan } from './traffic-plan.ts'

const database = 'probes'
const rules = { errorStallMs: 1_000, warningStallMs: 100 }

for (const testServer of testServers.filter(({ major }) => major !== 17)) {
  describe(`probes on ${testServer.title}`, function () {
    this.timeout(30_000)
    let server: Server
    let direct: Connection
    let run: Run
    let prober: Prober | undefined

    before(async function () {
      server = await serverOrSkip(testServer, this)
      run = await openRun()
    })

    beforeEach(async () => {
      await server.createDatabase(database)
      direct = server.connection(database)
      await withClient(direct, (client) => client.query(setup))
    })

    afterEach(async () => {
      await prober?.close()
      await server.dropDatabase(database)
    })

    after(() => run?.dispose())

    async function probing(tables: readonly string[], traffic: TrafficPlan | null = null): Promise<Targets> {
      const choices = tables.map((name) => ({ name, why: 'locked' as const }))
      const targets = await withClient(direct, (client) => readTargets(client, choices))
      const start = { connection: direct, targets: targets.targets, intervalMs: 25, traffic }
      prober = await startProber(start, run)
      await pause(400)
      return targets
    }

    it('measure the stall of a backfill behind DDL as an independent client does', async () => {
      const targets = await probing(['shop.listings'])
      const [readers, writers] = [await logger(direct, 'reads'), await logger(direct, 'writes')]
      const statements = await migrate(direct, [
        'begin',
        'alter table shop.listings add column postage integer',
        'update shop.listings set postage = (select length(pg_sleep(1.2)::text))',
        'commit',
      ])
      await pause(100)
      const logged = { reads: await readers(), writes: await writers() }
      const recording = await (prober as Prober).stop()
      const facts = measure(recording, timelineOf(statements), { ...targets, intervalMs: 25 })
      const [table] = facts.tables
      for (const kind of ['reads', 'writes'] as const) {
        const longestMs = Math.max(...logged[kind])
        expect(longestMs, kind).to.be.above(1_000)
        expect(table?.[kind]?.longestStallMs, kind).to.be.closeTo(longestMs, Math.max(50, longestMs / 10))
        expect(table?.[kind]?.stalls[0], kind).to.deep.include({
          migration: '001',
          direction: 'up',
          statement: statements[1]?.text,
        })
        expect(table?.[kind]?.stallCount, kind).to.equal(1)
      }
      const [finding] = judgeProbes(facts, rules).map((it) => it.finding)
      expect(finding).to.include({ id: 'client-stall', severity: 'error', subject: 'shop.listings' })
      expect(finding?.message).to.match(/reads stalled \d\.\d s, writes \d\.\d s, during 001 \(up\)/)
    })

    it('explain the stall behind a long reader as a lock queue', async () => {
      const targets = await probing(['shop.listings'])
      await (prober as Prober).hold(targets.targets.map(({ readSql }) => readSql))
      const loggers = await Promise.all([1, 2].map(() => logger(direct, 'reads')))
      await pause(200)
      ;(prober as Prober).release(2_000)
      const statements = await migrate(direct, ['alter table shop.listings add column postage integer'])
      await pause(100)
      const logged = (await Promise.all(loggers.map((end) => end()))).flat()
      const recording = await (prober as Prober).stop()
      const facts = measure(recording, timelineOf(statements), { ...targets, intervalMs: 25 })
      const longestMs = Math.max(...logged)
      expect(longestMs).to.be.within(1_800, 2_600)
      expect(facts.tables[0]?.reads.longestStallMs).to.be.closeTo(longestMs, longestMs / 10)
      expect(facts.queues).to.have.length(1)
      expect(facts.queues[0]).to.deep.include({
        relation: 'shop.listings',
        mode: 'ACCESS EXCLUSIVE',
        behind: 'a reader that keeps its transaction open',
        // Two loggers, the probe that reads and the one that writes.
        queued: 4,
      })
      // Sampled: on a busy machine the last look may be a while before the end.
      expect(facts.queues[0]?.waitedMs).to.be.within(1_500, 2_300)
      const ids = judgeProbes(facts, rules).map(({ finding }) => [finding.id, finding.severity])
      expect(ids).to.deep.equal([
        ['client-stall', 'error'],
        ['lock-queue', 'error'],
      ])
    })

    it('give way where they and the migration wait for each other', async () => {
      const targets = await probing(['shop.listings', 'shop.cheap'])
      const statements = await migrate(direct, [
        'begin',
        'alter table shop.listings add column postage integer',
        'select pg_sleep(0.1)',
        'create or replace view shop.cheap as select id, note from shop.listings where price < 9',
        'commit',
      ])
      await pause(100)
      const recording = await (prober as Prober).stop()
      const facts = measure(recording, timelineOf(statements), { ...targets, intervalMs: 25 })
      const view = facts.tables.find(({ name }) => name === 'shop.cheap')
      expect(view?.reads.errors[0]).to.include({ code: '40P01', count: 1, migration: '001' })
      const found = judgeProbes(facts, rules).map(({ finding }) => `${finding.id} ${finding.subject}`)
      expect(found).to.include('client-deadlock shop.cheap')
      expect(found.filter((it) => it.startsWith('lock-queue'))).to.deep.equal([])
    })

    it('say what clients of the release before get when a table and a column are gone', async () => {
      const replay = [
        { atMs: 0, sql: 'select count(*) from shop.keyless where note <> $1', params: ['b'] },
        { atMs: 10, sql: 'update shop.gone set id = id', params: [] },
        { atMs: 19, sql: 'select 1', params: [] },
      ]
      const traffic = { ratePerSecond: 0, clients: 2, units: [], replay }
      const targets = await probing(['shop.gone', 'shop.listings'], traffic)
      const statements = await migrate(direct, [
        'drop table shop.gone',
        'alter table shop.listings rename column note to remark',
      ])
      await pause(150)
      const recording = await (prober as Prober).stop()
      const facts = measure(recording, timelineOf(statements), { ...targets, intervalMs: 25 })
      const [gone, listings] = facts.tables
      expect(gone?.reads.errors[0]).to.deep.include({
        code: '42P01',
        message: 'relation "shop.gone" does not exist',
      })
      expect(gone?.writes?.errors[0]?.code).to.equal('42P01')
      expect(listings?.reads.errors[0]?.code).to.equal('42703')
      const found = judgeProbes(facts, rules).map(({ finding }) => `${finding.id} ${finding.subject}`)
      expect(found).to.include.members([
        'client-error shop.gone',
        'client-error shop.listings',
        'client-error traffic replay',
      ])
      const [replayed] = facts.traffic
      // Over and over: more than one round before and after.
      expect(replayed?.before?.count).to.be.above(10)
      expect(replayed?.after?.count).to.be.above(3)
      expect(replayed?.errors).to.have.length(1)
      expect(replayed?.errors[0]).to.include({ code: '42P01', migration: '001' })
    })

    it('come back when their session is ended, and change nothing', async () => {
      const before = await digest(direct)
      const names = ['listings', 'Odd "Names"', 'audited', 'keyless', 'empty', 'parted', 'sums', 'cheap']
      const targets = await probing(names.map((name) => `shop.${name}`))
      expect(targets.notProbed).to.deep.equal([])
      const writes = new Map(targets.targets.map(({ name, writeSql }) => [name, writeSql]))
      expect(writes.get('shop.audited')).to.contain('for no key update')
      expect(writes.get('shop.listings')).to.contain('"price" = "price"')
      expect(writes.get('shop.sums')).to.equal(null)
      await withClient(direct, async (client) => {
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query like '%"audited"%'`)
      })
      await pause(200)
      const recording = await (prober as Prober).stop()
      const facts = measure(recording, timelineOf([]), { ...targets, intervalMs: 25 })
      for (const { name, reads, writes: written } of facts.tables) {
        expect(reads.quiet?.count, name).to.be.above(10)
        if (written !== null) expect(written.quiet?.count, name).to.be.above(10)
        const codes = [reads, written].flatMap((series) => series?.errors.map(({ code }) => code) ?? [])
        // Ended between two probes it is opened again and nothing is felt.
        expect(name === 'shop.audited' ? ['57P01', 'connection'] : [], name).to.include.members(codes)
      }
      expect(await digest(direct)).to.equal(before)
    })
  })
}

const setup = `create schema shop;
create table shop.listings (id int generated always as identity primary key, note text, price int default 1,
  twice int generated always as (price * 2) stored);
insert into shop.listings (note) select 'n' || n from generate_series(1, 2000) n;
create table shop.gone (id int primary key); insert into shop.gone values (1);
create table shop."Odd ""Names""" ("The Key" text primary key, "Value?" text); insert into shop."Odd ""Names""" values ('it''s', 'x');
create table shop.audited (id int primary key, note text); insert into shop.audited values (1);
create table shop.log (id int);
create function shop.audit() returns trigger language plpgsql as $$ begin raise 'the trigger fired'; end $$;
create trigger audit before update on shop.audited for each row execute function shop.audit();
create table shop.keyless (note text); insert into shop.keyless values ('a');
create table shop.empty (id int primary key, note text);
create table shop.parted (id int, day date, note text, primary key (id, day)) partition by range (day);
create table shop.parted_1 partition of shop.parted for values from ('2025-01-01') to ('2026-01-01');
insert into shop.parted values (1, '2025-05-05', 'a');
create materialized view shop.sums as select sum(price) as sum from shop.listings;
create view shop.cheap as select id, note from shop.listings where price < 10`

/** A client of the test's own that reads or writes one row over and over; ends with all its latencies. */
async function logger(connection: Connection, kind: 'reads' | 'writes'): Promise<() => Promise<number[]>> {
  // Sessions of another name are taken for the migrator's.
  const client = new Client({ ...connection, application_name: applicationName })
  client.on('error', () => {})
  await client.connect()
  const sql =
    kind === 'reads'
      ? 'select note from shop.listings where id = 700'
      : 'begin; update shop.listings set price = 2 where id = 700; rollback'
  const latencies: number[] = []
  const state = { isOver: false }
  const log = async (): Promise<void> => {
    while (!state.isOver) {
      const startedAt = performance.now()
      await client.query(sql)
      latencies.push(performance.now() - startedAt)
      await pause(5)
    }
  }
  const logging = log()
  return async () => {
    state.isOver = true
    await logging
    await client.end()
    return latencies
  }
}

type Ran = Timeline['statements'][number]

/** Stands for the migrator: a session that is not the harness's. */
async function migrate(connection: Connection, texts: readonly string[]): Promise<Ran[]> {
  const client = new Client(connection)
  await client.connect()
  const statements: Ran[] = []
  for (const text of texts) {
    const from = now()
    await client.query(text)
    statements.push({ text, from, until: now(), heldUntil: null })
  }
  await client.end()
  return statements
}

function timelineOf(statements: readonly Ran[]): Timeline {
  const [from, until] = [statements[0]?.from, statements.at(-1)?.until]
  if (from === undefined || until === undefined) return { runs: [], windows: [], statements, locks: [] }
  const span = { direction: 'up', from, until } as const
  const locks = statements
    .filter(({ text }) => text.startsWith('alter table shop.listings'))
    .map(({ text }): Timeline['locks'][number] => ({
      migration: '001',
      direction: 'up',
      text,
      locks: [
        { relation: 'shop.listings', mode: 'ACCESS EXCLUSIVE', heldMs: null },
      ] satisfies StatementFacts['locks'],
    }))
  return {
    runs: [{ ...span, heldMs: null }],
    windows: [{ ...span, migration: '001' }],
    statements,
    locks,
  }
}

/** Every committed row with the transaction that wrote it. */
async function digest(connection: Connection): Promise<string> {
  return await withClient(connection, async (client) => {
    const tables = ['listings', 'audited', 'keyless', 'parted', 'empty']
    const parts = tables.map((name) => `select xmin::text || t::text as row from shop.${name} t`)
    const { rows } = await client.query<{ all: string }>(
      `select string_agg(row, '|' order by row) as all from (${parts.join(' union all ')}) r`,
    )
    return rows[0]?.all ?? ''
  })
}
