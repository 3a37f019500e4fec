import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { HarnessError, HarnessErrors } from '../errors.ts'
import { session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { mask, type Masked } from './mask.ts'
import type { Rule } from './rules/index.ts'

const salt = 'sixteen characters and more'

/** Everything here that is personal holds one of these words or numbers. */
const original = /lovelace|grace|hopper|zuse|sk_live|note to self/i

const schema = `
create extension citext;
create domain handle as varchar(20) check (value = lower(value));
create table users (id int generated always as identity primary key, email citext not null unique,
  full_name text not null, phone varchar(20) unique check (phone ~ '^[+]44 [0-9]{4} [0-9]{6}$'), handle handle, born date,
  token uuid default gen_random_uuid(), api_key bytea, addr inet, aliases text[], profile jsonb, note text, updated_at text default 'never',
  greeting text generated always as ('Dear ' || full_name) stored);
insert into users (email, full_name, phone, handle, born, api_key, addr, aliases, profile, note)
select case n % 3 when 0 then 'ADA' else 'ada' end || n || '@lovelace.org', case n when 1 then 'Ada' else 'Ada Lovelace ' || n end,
  '+44 7700 ' || lpad(n::text, 6, '0'), 'ada' || n, date '1815-12-10' + n, '\\x1815', ('10.9.8.' || n % 250 || '/16')::inet,
  array['ada' || n, 'grace'], jsonb_build_object('mail', 'ada' || n || '@lovelace.org', 'n', n, 'tags', jsonb_build_array('grace', true)),
  case when n % 2 = 0 then 'note to self ' || n end
from generate_series(1, 2000) n;
create table orders (id int primary key, placed_by citext references users (email), contact text, secret text, price int);
insert into orders select id, email, upper(email::text), 'sk_live_' || id, id from users;
create table visits (at date, email text, ip text) partition by range (at);
create table visits_1 partition of visits for values from ('2024-01-01') to ('2025-01-01');
insert into visits select '2024-02-01', lower(email::text), host(addr) from users;
create table visits_2 partition of visits default;
create table parents (name text); create table children (age int) inherits (parents);
insert into parents values ('Grace Hopper'); insert into children values ('Konrad Zuse', 5);
create function touch() returns trigger language plpgsql as $$ begin new.updated_at := 'touched'; return new; end $$;
create trigger touch before update on users for each row execute function touch();
create trigger touch_always before insert or update on users for each row execute function touch();
alter table users enable always trigger touch_always;
create materialized view mails as select email from users;
create materialized view mails_of_mails as select email from mails;
alter table orders enable row level security; alter table orders force row level security;
create publication everything for all tables;
create rule shadow as on update to parents do also insert into parents values ('Ada by a rule');
alter table parents enable always rule shadow;
create index on users (lower(full_name));
analyze;
`

const rules: Record<string, Rule> = {
  'public.users.email': 'email',
  'users.full_name': 'name',
  'users.phone': 'phone',
  'users.handle': { sql: `'h' || md5(handle)::varchar(12)` },
  'users.born': 'date-of-birth',
  'users.token': 'token',
  'users.api_key': 'token',
  'users.addr': 'ip',
  'users.aliases': 'free-text',
  'users.profile': 'free-text',
  'users.note': 'free-text',
  'orders.contact': 'email',
  'orders.secret': 'null',
  'visits.email': 'email',
  'visits.ip': 'ip',
  'parents.name': { sql: `'nobody'` },
  'public.users.updated_at': 'keep',
}

for (const testServer of testServers.slice(0, 2)) {
  describe(`masking on ${testServer.title}`, function () {
    this.timeout(60_000)
    let server: Server
    let databases = 0
    let first: Masked
    const names: string[] = []

    async function fresh(): Promise<string> {
      const name = `masking_${(databases += 1)}`
      await server.createDatabase(name)
      names.push(name)
      await using client = await session(server, name)
      await client.query(schema)
      return name
    }

    const masked = (database: string, given: Record<string, Rule>, required = false) =>
      mask(
        { rules: given, required, salt },
        { connection: server.connection(database), parallelism: 2, onProgress: () => {} },
      )

    /** Off as while a backup is loaded: it would sample the masked values at any time. */
    async function autovacuum(value: 'off' | 'default'): Promise<void> {
      await using client = await session(server, 'postgres')
      await client.query(`alter system set autovacuum = ${value}`)
      await client.query('select pg_reload_conf()')
    }

    async function values(database: string, sql: string): Promise<Record<string, string | null>[]> {
      await using client = await session(server, database)
      return (await client.query<Record<string, string | null>>(sql)).rows
    }

    async function failure(database: string, given: Record<string, Rule>): Promise<HarnessError[]> {
      const error: unknown = await masked(database, given).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error instanceof HarnessErrors) return [...error.problems]
      if (error instanceof HarnessError) return [error]
      throw error ?? new Error('nothing failed')
    }

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await autovacuum('off')
      first = await masked(await fresh(), rules)
    })

    after(async () => {
      if (names.length > 0) await autovacuum('default')
      for (const name of names) await server.dropDatabase(name)
    })

    it('leaves nothing of what was personal in any table, view, index or statistic', async () => {
      const [row] = await values(
        'masking_1',
        `
        select (select string_agg(u::text, '') from users u) || (select string_agg(o::text, '') from orders o)
            || (select string_agg(v::text, '') from visits v) || (select string_agg(p::text, '') from parents p)
            || (select string_agg(m::text, '') from mails_of_mails m) as data,
          (select string_agg(s::text, '') from pg_stats s where schemaname = 'public' and tablename in ('users', 'orders', 'visits')) as statistics`,
      )
      expect(row?.['data']).not.to.match(original)
      expect(row?.['statistics'] ?? '').to.equal('')
      await using client = await session(server, 'masking_1')
      await client.query('checkpoint')
      const files = await client.query<{ name: string; bytes: string }>(`
        select c.oid::regclass::text as name, encode(pg_read_binary_file(pg_relation_filepath(c.oid)), 'escape') as bytes
          from pg_class c where relkind in ('r', 'i', 'm', 't') and pg_relation_filepath(c.oid) like 'base/%' and pg_relation_size(c.oid) > 0`)
      expect(files.rows.map(({ bytes }) => bytes).join()).to.include('@example.com')
      const old = files.rows.filter(({ bytes }) =>
        /lovelace\.org|Ada Lovelace|sk_live_|note to self/.test(bytes),
      )
      expect(old.map(({ name }) => name)).to.deep.equal([])
    })

    it('keeps keys, uniqueness, types, checks and what is empty', async () => {
      const [row] = await values(
        'masking_1',
        `
        select count(*) as users, count(distinct email) as mails, count(distinct phone) as phones, count(distinct full_name) as names,
          count(distinct profile ->> 'mail') as profiles, count(note) as notes, bool_and(greeting = 'Dear ' || full_name)::text as generated,
          bool_and(extract(year from born) between 1815 and 1821)::text as years, min(updated_at) as touched,
          bool_and(masklen(addr) = 16 and addr << '10.0.0.0/8')::text as network, bool_and(array_length(aliases, 1) = 2)::text as arrays,
          count(distinct aliases[2]) as graces, count(distinct token) as tokens, bool_and((profile ->> 'n')::int = id)::text as numbers,
          (select count(*) from orders join users on email = placed_by) as joined,
          (select count(*) from orders join users on contact::citext = email) as by_text,
          (select count(*) from visits join users on visits.email = users.email) as visits,
          (select count(*) from orders where secret is null) as nulls, (select count(*) from parents) as family
        from users`,
      )
      const all = '2000'
      expect(row).to.include({
        users: all,
        mails: all,
        phones: all,
        names: all,
        profiles: all,
        notes: '1000',
      })
      expect(row).to.include({
        generated: 'true',
        years: 'true',
        network: 'true',
        arrays: 'true',
        numbers: 'true',
      })
      expect(row).to.include({ graces: '1', tokens: all, joined: all, by_text: all, visits: all })
      expect(row).to.include({ nulls: all, family: '2', touched: 'never' })
    })

    it('makes up what looks right', async () => {
      const [row] = await values('masking_1', 'select * from users where id = 1')
      expect(row?.['email']).to.match(/^[a-p]{20}@example\.com$/)
      expect(row?.['full_name']).to.match(/^[A-Z][a-z]{19}$/)
      expect(row?.['phone']).to.match(/^\+\d\d \d{4} \d{6}$/)
      const [second] = await values('masking_1', 'select full_name from users where id = 2')
      expect(second?.['full_name']).to.match(/^[A-Z][a-z]{7} [A-Z][a-z]{11}$/)
    })

    it('says what it did, and what shares a rule through a key or inheritance', () => {
      const orders = first.tables.find(({ name }) => name === 'public.orders')
      expect(orders?.rows).to.equal(2000)
      expect(orders?.columns).to.deep.include({
        name: 'placed_by',
        rule: 'email',
        because: 'public.users.email',
      })
      const children = first.tables.find(({ name }) => name === 'public.children')
      expect(children?.columns).to.deep.equal([{ name: 'name', rule: 'sql', because: 'public.parents.name' }])
      expect(first.unmasked).to.deep.equal([])
      expect(first.emptied).to.deep.equal([])
    })

    it('makes the same of the same in every run with one salt, and leaves triggers, rules and publications as they were', async () => {
      const again = await fresh()
      const state = `select (select string_agg(tgname || tgenabled::text, ',' order by tgname) from pg_trigger where not tgisinternal) as triggers,
        (select string_agg(ev_enabled::text, ',') from pg_rewrite where rulename = 'shadow') as rules,
        (select string_agg(concat(pubinsert, pubupdate, pubdelete, pubtruncate), ',') from pg_publication) as publications,
        (select count(*) from pg_namespace where nspname not like 'pg_%') as schemas`
      const before = await values(again, state)
      await masked(again, rules)
      expect(await values(again, state)).to.deep.equal(before)
      const data = `select md5(string_agg(concat(email, full_name, phone, born, api_key, addr, aliases, profile), '' order by id)) as digest from users`
      expect(await values(again, data)).to.deep.equal(await values('masking_1', data))
    })

    it('names columns that look personal by name or by content, and stops where masking is required', async () => {
      const open = await fresh()
      const { unmasked } = await masked(open, { 'users.email': 'email', 'orders.secret': 'keep' })
      const said = unmasked.map(({ title, what, by }) => `${title}: ${what}, ${by}`)
      expect(said).to.include.members([
        'public.orders.contact: e-mail addresses, content',
        'public.users.full_name: names, name',
        'public.users.born: dates of birth, name',
        'public.visits.ip: network addresses, name',
      ])
      expect(said.join()).not.to.match(/orders\.(secret|price|id)|users\.(email|id|updated_at)|visits_1/)
      const refusal = await masked(open, {}, true).catch((error: unknown) => error)
      expect(refusal).to.include({ code: 'unmasked-personal-data' })
    })

    it('refuses rules that cannot be, all at once and before a row is touched', async () => {
      const problems = await failure(names[0] ?? '', {
        'public.users.emial': 'email',
        'nowhere.email': 'email',
        'users.greeting': 'name',
        'users.full_name': 'null',
        'users.born': 'phone',
        'mails.email': 'email',
        'visits_1.email': 'email',
        'orders.placed_by': { sql: `'x'` },
        'users.email': 'email',
      })
      expect(problems.map(({ code, message }) => `${code}: ${message}`)).to.deep.equal([
        'masking-column-missing: The masking rule for public.users.emial names no column of the backup: that table has id, email, full_name, phone, handle, born, token, api_key, addr, aliases, profile, note, updated_at, greeting.',
        'masking-column-missing: The masking rule for nowhere.email names no column of the backup: there is no such table.',
        'masking-key-mismatch: public.orders.placed_by (sql) refers to public.users.email (email): masked apart, their values would no longer match.',
        'masking-rule-unfit: public.users.greeting cannot be masked with name: it is generated from other columns.',
        'masking-rule-unfit: public.users.full_name cannot be masked with null: it does not take null.',
        'masking-rule-unfit: public.users.born cannot be masked with phone: its type is date.',
        'masking-rule-unfit: public.mails.email cannot be masked with email: mails is a materialized view.',
        'masking-rule-unfit: public.visits_1.email cannot be masked with email: visits_1 is a partition.',
      ])
    })

    it('says which expression failed, why and where', async () => {
      const database = await fresh()
      const [misspelt] = await failure(database, {
        'users.note': 'null',
        'users.full_name': { sql: 'uper(full_name)' },
      })
      expect(misspelt?.message).to.equal(
        'Masking public.users.full_name (sql) failed: function uper(text) does not exist\nuper(full_name)\n^',
      )
      const [division] = await failure(database, {
        'users.note': 'null',
        'users.full_name': { sql: `(1 / (id - 7))::text` },
      })
      expect(division?.message).to.match(
        /^Masking public\.users\.full_name \(sql\) failed: division by zero\n\(1/,
      )
      const [twice] = await failure(database, {
        'orders.placed_by': 'keep',
        'users.phone': { sql: `'+44 7700 900123'` },
        'users.note': 'null',
      })
      expect(twice?.message).to.match(
        /users\.phone \(sql\) failed: duplicate key value violates unique constraint/,
      )
      const [check] = await failure(database, { 'users.handle': { sql: `'UPPER'` } })
      expect(check?.message).to.match(/users\.handle \(sql\) failed: value for domain handle violates/)
      const [orphans] = await failure(database, {
        'users.email': { sql: `'u' || id` },
        'orders.placed_by': { sql: `'v' || id` },
      })
      expect(orphans?.message).to.match(/broke the foreign key orders_placed_by_fkey: 2000 rows/)
      expect(division?.message).not.to.match(original)
    })
  })
}
