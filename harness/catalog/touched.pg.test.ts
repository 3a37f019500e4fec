import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { Client } from 'pg'
import { embedded } from '../engines/embedded.ts'
import type { Server } from '../engines/engine.ts'
import { connect, withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { flush, readTouched, untouchedSince, type TouchedMarks } from './touched.ts'

/** A change of the table `t`, each in a schema of its own: what makes it, and what makes the change. */
interface Change {
  readonly setup?: string
  /** One transaction each. */
  readonly sql: string | readonly string[]
}

const sessionEnded = '57P01'

const plain = `create table t (id integer primary key, a integer, b text);
  insert into t select n, n, 'x' from generate_series(1, 10) n`

const changes: Readonly<Record<string, Change>> = {
  'an insert': { sql: 'insert into t values (11)' },
  'an update': { sql: 'update t set a = 0 where id = 1' },
  'a delete': { sql: 'delete from t where id = 1' },
  truncate: { sql: 'truncate t' },
  'truncate, and the same number of rows': {
    sql: `begin; truncate t; insert into t select n, 0, 'y' from generate_series(1, 10) n; commit`,
  },
  copy: { sql: `copy t from program 'echo 11,1,x' with (format csv)` },
  upsert: { sql: 'insert into t values (1, 1) on conflict (id) do update set a = 5' },
  merge: { sql: 'merge into t using (values (1)) v(id) on t.id = v.id when matched then delete' },
  'counting switched off by the session': { sql: 'set track_counts = off; update t set a = 0' },
  'counting switched off by a function': {
    sql: `create function f() returns void language sql set track_counts = off as 'update t set a = 0'; select f()`,
  },
  'counters set back': {
    sql: ['update t set a = 0', 'select pg_stat_force_next_flush()', 'select pg_stat_reset()'],
  },
  'counters of the table set back': {
    sql: [
      'update t set a = 0',
      'select pg_stat_force_next_flush()',
      `select pg_stat_reset_single_table_counters('t'::regclass)`,
    ],
  },
  'a session that ends itself': {
    sql: ['update t set a = 0', 'select pg_terminate_backend(pg_backend_pid())'],
  },
  'a column to another type and back': {
    sql: 'alter table t alter a type numeric(3, 1); alter table t alter a type integer',
  },
  'a column anew': { sql: 'alter table t drop column a; alter table t add column a integer default 7' },
  'a default of old rows altered in the catalog': {
    setup: `${plain}; alter table t add column c integer default 7, add column d integer default 8`,
    sql: `update pg_attribute a set attmissingval = b.attmissingval from pg_attribute b
      where a.attrelid = 't'::regclass and a.attname = 'c' and b.attrelid = a.attrelid and b.attname = 'd'`,
  },
  'columns that swap names': {
    sql: 'alter table t rename a to c; alter table t rename b to a; alter table t rename c to b',
  },
  'another table of the name': { sql: 'create table u as table t; drop table t; alter table u rename to t' },
  'storage swapped in the catalog': {
    setup: `${plain}; create table u (like t); insert into u values (1)`,
    sql: `update pg_class set relfilenode = (select relfilenode from pg_class where oid = 'u'::regclass)
      where oid = 't'::regclass`,
  },
  'a label renamed': {
    setup: `create type mood as enum ('sad'); create table t as select 'sad'::mood as feeling`,
    sql: `alter type mood rename value 'sad' to 'blue'`,
  },
  'a label renamed, within an array of a domain': {
    setup: `create type mood as enum ('sad'); create domain feeling as mood;
      create table t as select array['sad'::feeling] as feelings`,
    sql: `alter type mood rename value 'sad' to 'blue'`,
  },
  'a label renamed, within a range': {
    setup: `create type mood as enum ('ok', 'sad'); create type moods as range (subtype = mood);
      create table t as select moods('ok', 'sad') as feelings`,
    sql: `alter type mood rename value 'sad' to 'blue'`,
  },
  'a field dropped': {
    setup: `create type pair as (a integer, b text); create table t as select row(1, 'x')::pair as p`,
    sql: 'alter type pair drop attribute b',
  },
  'a row of a partition': {
    setup: `create table t (n integer) partition by range (n); create table t_1 partition of t for values from (0) to (9);
      insert into t values (1)`,
    sql: 'update t_1 set n = 2',
  },
  'a partition detached': {
    setup: `create table t (n integer) partition by range (n); create table t_1 partition of t for values from (0) to (9);
      insert into t values (1)`,
    sql: 'alter table t detach partition t_1',
  },
  'a trigger': {
    setup: `${plain}; create table u (id integer); create function f() returns trigger language plpgsql
      as 'begin update t set a = 0; return new; end'; create trigger g before insert on u for each row execute function f()`,
    sql: 'insert into u values (1)',
  },
  'a foreign key': {
    setup: `create table u (id integer primary key); insert into u values (1);
      create table t (u integer references u on delete set null); insert into t values (1)`,
    sql: 'delete from u',
  },
  'a view filled anew': {
    setup: 'create table u (n integer); create materialized view t as select count(*) as n from u',
    sql: 'insert into u values (1); refresh materialized view t',
  },
  'a view filled anew beside readers': {
    setup: `create table u (n integer); create materialized view t as select count(*) as n from u;
      create unique index on t (n)`,
    sql: 'insert into u values (1); refresh materialized view concurrently t',
  },
  'a long value': {
    setup: `create table t (a text); alter table t alter a set storage external; insert into t values (repeat('x', 9999))`,
    sql: `update t set a = repeat('y', 9999)`,
  },
}

/** What is not known by its files and its counters is read at any rate. */
const never: Readonly<Record<string, string>> = {
  'an unlogged table': 'create unlogged table t (id integer)',
  'names of other things': 'create table t as select array[1247::regclass] as a',
  'an access method of its own': `create access method other type table handler heap_tableam_handler;
    create table t (id integer) using other`,
  'a type with a cast of its own': `create type mood as enum ('sad'); create function f(mood) returns text language sql
    as 'select ''x'''; create cast (mood as text) with function f(mood); create table t (feeling mood)`,
}

/** Makes a database large enough for marks to pay. */
const filler = `create table filler as select n, repeat('x', 1900) as x from generate_series(1, 40000) n`

const bystander = `create table t (id integer primary key, a text, b jsonb, c timestamptz default now(), d integer[]);
  insert into t select n, repeat(md5(n::text), 200) from generate_series(1, 20) n`

for (const testServer of testServers) {
  describe(`tables that nobody wrote to on ${testServer.title}`, () => {
    let server: Server
    const database = 'touched'
    const on = <Result>(work: (client: Client) => Promise<Result>) =>
      withClient(server.connection(database), work)
    const schemas = [...Object.keys(changes), ...Object.keys(never), 'bystander', 'open']
    const nameOf = (title: string) => `s${schemas.indexOf(title)}`
    const inSchema = (title: string, sql: Change['sql']) =>
      on(async (client) => {
        for (const text of [`set search_path = ${nameOf(title)}, public`, sql].flat())
          await client.query(text).catch((error: { code?: string }) => {
            if (error.code !== sessionEnded) throw error
          })
      })

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase(database)
      for (const title of schemas) {
        const setup = changes[title]?.setup ?? never[title] ?? (title === 'bystander' ? bystander : plain)
        await inSchema('bystander', `create schema ${nameOf(title)}`)
        await inSchema(title, setup)
      }
      await inSchema('bystander', [filler, 'vacuum', 'select pg_stat_reset()'])
      await on(flush)
      await sleep(1_100)
    })

    after(async () => {
      await server?.dropDatabase(database)
    })

    it('are known from all that were changed in any way', async () => {
      const writing = await connect(server.connection(database))
      let marks: TouchedMarks
      try {
        await writing.query(`begin; update ${nameOf('open')}.t set a = 0`)
        marks = await on(readTouched)
        await writing.query('commit')
      } finally {
        await writing.end()
      }
      const markOf = (title: string) => marks.get(`${nameOf(title)}.t`)
      for (const title of Object.keys(changes)) expect(markOf(title), title).to.be.a('string')
      for (const title of [...Object.keys(never), 'open']) expect(markOf(title), title).to.equal(null)
      for (const [title, { sql }] of Object.entries(changes)) await inSchema(title, sql)
      const untouched = untouchedSince(marks, await on(readTouched))
      for (const title of schemas)
        expect(untouched.has(`${nameOf(title)}.t`), title).to.equal(title === 'bystander')
      expect([
        ...(await on((client) => readTouched(client, [{ schema: undefined, name: 't' }]))).keys(),
      ]).to.not.include(`${nameOf('bystander')}.t`)
    })

    it('are not told to a role that may not look at files', async () => {
      const role = 'touched_reader'
      await on((client) => client.query(`create role ${role} login`))
      try {
        await on(async (client) => {
          await client.query(`set role ${role}`)
          expect(await readTouched(client)).to.deep.equal(new Map())
        })
      } finally {
        await on((client) => client.query(`drop role ${role}`))
      }
    })
  })
}

describe('tables that nobody wrote to, over what happens to the server', () => {
  it('are still known after it was killed, and a prepared transaction is no rest', async () => {
    const run = await openRun()
    // Autovacuum writes to tables as well, and sets in within a minute of whatever there is to do.
    const settings = { max_prepared_transactions: '2', autovacuum: 'off' }
    const server = await embedded.start({
      major: undefined,
      image: undefined,
      serverUrl: undefined,
      run,
      settings,
    })
    const on = <Result>(work: (client: Client) => Promise<Result>) =>
      withClient(server.connection('postgres'), work)
    try {
      await on((client) =>
        client.query(`${filler}; create table quiet as select 1 as n; create table written as select 1 as n;
          create table prepared as select 1 as n`),
      )
      // As they are after a crash, and in every clone.
      await on((client) => client.query('select pg_stat_reset()'))
      await on((client) => client.query(`begin; update prepared set n = 2; prepare transaction 'p'`))
      await on(flush)
      await sleep(1_100)
      const marks = await on(readTouched)
      expect(marks.get('public.prepared')).to.equal(null)
      expect(marks.get('public.written')).to.be.a('string')
      const client = await connect(server.connection('postgres'))
      const { rows } = await client
        .query<{ pid: string }>(
          `set track_counts = off; update written set n = 2; select pg_backend_pid() as pid`,
        )
        .then((results) => [results].flat().at(-1) ?? { rows: [] })
      await server.crash?.(Number(rows[0]?.pid))
      await client.end().catch(() => {})
      await on((again) => again.query(`commit prepared 'p'`))
      const untouched = untouchedSince(marks, await on(readTouched))
      expect([...untouched]).to.deep.equal(['public.filler', 'public.quiet'])
    } finally {
      await server.stop()
      await run.dispose()
    }
  })
})
