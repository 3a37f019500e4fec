import { createHash } from 'node:crypto'
import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { connect } from '../postgres/client.ts'
import { cloneOf, kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { compareData, type CompareRequest } from './compare-data.ts'
import type { DataDifference } from './data-difference.ts'

/** What is done to a copy of the kitchen sink, and the whole of what is then found to differ. */
const cases: readonly (readonly [what: string, sql: string, ...differences: (string | RegExp)[]])[] = [
  ['nothing', 'select 1'],
  ['a table that is rewritten', 'vacuum full titles'],
  [
    'changed values',
    `alter table titles disable trigger titles_touch; update titles set price = price + 1 where id in (5, 7)`,
    'shop.titles.gross: 2 values-changed e.g. id=5, id=7',
    'shop.titles.price: 2 values-changed e.g. id=5, id=7',
  ],
  [
    'values that two rows swap',
    `update members set email = case id when '${uuid(1)}' then 'Member2@example.org' else 'Member1@example.org' end where id in ('${uuid(1)}', '${uuid(2)}')`,
    `shop.members.email: 2 values-changed e.g. id=${uuid(1)}, id=${uuid(2)}`,
  ],
  [
    'values in another case, which citext calls equal',
    `update members set email = lower(email::text) where id = '${uuid(1)}'`,
    `shop.members.email: 1 values-changed e.g. id=${uuid(1)}`,
  ],
  [
    'a value that becomes null',
    'update publishers set country = null where id = 3',
    'shop.publishers.country: 1 values-changed e.g. id=3',
  ],
  [
    'types without a hash, and values that equality confuses',
    `alter table titles disable trigger all;
     update titles set raw = '{"n":  1}' where id = 1;
     update titles set spot = point(0, 0) where id = 2;
     update titles set opened = '1 day' where id = 24;
     update titles set ratio = 0 where id = 6;
     update titles set tags = array[['a', 'b7']] where id = 7;
     update titles set facts = '{"f": 0.80, "n": 8}' where id = 8;
     update titles set made.city = 'Leeds' where id = 9;
     update titles set wear = 'poor' where id = 4;
     update titles set attributes = 'n=>11' where id = 10`,
    'shop.titles.attributes: 1 values-changed e.g. id=10',
    'shop.titles.facts: 1 values-changed e.g. id=8',
    'shop.titles.made: 1 values-changed e.g. id=9',
    'shop.titles.opened: 1 values-changed e.g. id=24',
    'shop.titles.ratio: 1 values-changed e.g. id=6',
    'shop.titles.raw: 1 values-changed e.g. id=1',
    'shop.titles.spot: 1 values-changed e.g. id=2',
    'shop.titles.tags: 1 values-changed e.g. id=7',
    'shop.titles.wear: 1 values-changed e.g. id=4',
  ],
  ['NaN, infinity and -0 written again', 'update titles set ratio = ratio'],
  [
    'lost and added rows',
    `delete from members where id in ('${uuid(1)}', '${uuid(2)}', '${uuid(3)}', '${uuid(4)}');
     insert into publishers (name) values ('a new one')`,
    /^shop\.members: 4 rows-lost e\.g\. id=.{36}, id=.{36}, id=.{36}$/,
    'shop.publishers: 1 rows-added e.g. id=21',
  ],
  [
    'a renamed table, column and schema',
    'alter table titles rename column price to cost_price; alter table titles rename to comics; alter schema shop rename to store',
  ],
  [
    'new columns and tables',
    'alter table titles add column x integer not null default 3; create table y as select 1',
  ],
  [
    'a dropped column and table',
    'alter table titles drop column ratio, drop column updated_at; drop table no_key; drop materialized view title_counts',
    'shop.no_key: 100 table-dropped',
    'shop.title_counts: 20 table-dropped',
    'shop.titles.ratio: 300 column-dropped 300 values',
    'shop.titles.updated_at: 300 column-dropped 300 values',
  ],
  [
    'a wider integer',
    'drop publication few; drop policy members_write on members; alter table prices drop constraint prices_title_id_fkey; drop view live_titles; alter table titles alter column id type bigint; alter table prices alter column title_id type bigint',
  ],
  ['timestamps with a time zone', 'alter table titles alter column born type timestamptz'],
  [
    'timestamps read as of another time zone',
    `alter table titles alter column born type timestamptz using born at time zone 'Asia/Tokyo'`,
    /^shop\.titles\.born: 300 values-changed e\.g\. id=\d+, id=\d+, id=\d+$/,
  ],
  [
    'numbers that lose digits',
    'alter table prices alter column amount type numeric(10, 1)',
    'shop.prices.amount: 360 column-retyped',
  ],
  [
    'an enum made anew',
    `alter table titles alter column wear drop default, alter column wear type text; drop type condition cascade; create type condition as enum ('poor', 'good', 'fine', 'mint'); alter table titles alter column wear type condition using wear::condition`,
  ],
  ['json that becomes jsonb', 'alter table titles alter column raw type jsonb using raw::jsonb'],
  [
    'text that becomes something else by an expression',
    `alter table titles alter column status drop default, drop constraint titles_status_check, drop column search; drop rule titles_keep on titles; drop view live_titles; drop index titles_live; drop statistics titles_stats; alter table titles alter column status type integer using length(status)`,
    /^shop\.titles\.status: 300 values-changed e\.g\. id=\d+, id=\d+, id=\d+$/,
    'shop.titles.search: 300 column-dropped 300 values',
  ],
  [
    'a table that is copied, dropped and renamed',
    `create table members_new (like members including all); insert into members_new select * from members limit 49; drop table members; alter table members_new rename to members`,
    /^shop\.members: 1 rows-lost e\.g\. id=.{36}$/,
  ],
  [
    'a column that is copied, dropped and renamed',
    `alter table publishers add column n2 text; update publishers set n2 = notes; update publishers set n2 = 'lost' where id = 20; alter table publishers drop column notes; alter table publishers rename column n2 to notes`,
    'shop.publishers.notes: 1 values-changed e.g. id=20',
  ],
  [
    'a table without a key: changed rows',
    `update no_key set word = 'another' where word = 'word 3'`,
    'shop.no_key.word: 10 values-changed',
  ],
  [
    'a table without a key: one of two equal rows lost, one added',
    `delete from no_key where ctid = (select min(ctid) from no_key); insert into no_key values ('x', 1, '{}'), ('x', 1, '{}')`,
    'shop.no_key: 1 rows-added',
    'shop.no_key.payload: 1 values-changed',
    'shop.no_key.word: 1 values-changed',
  ],
  [
    'a table without a key: rows twice as many',
    'insert into no_key select * from no_key',
    'shop.no_key: 100 rows-added',
  ],
  [
    'a table without a key: values moved between rows',
    `truncate no_key; insert into no_key select 'word ' || n % 10, (n + 1) % 3, json_build_object('n', n % 10) from generate_series(0, 99) n`,
    /^shop\.no_key.*$/,
  ],
  [
    'an emptied table',
    'truncate members',
    /^shop\.members: 50 rows-lost e\.g\. id=.{36}, id=.{36}, id=.{36}$/,
  ],
  [
    'rows moved to another partition',
    `create table prices_2025 (like prices); alter table prices detach partition prices_rest; create table prices_other partition of prices default; insert into prices select * from prices_rest; drop table prices_rest`,
  ],
  [
    'a partition that is dropped',
    `delete from prices where day > '2024-03-01'; drop table prices_2023`,
    /^shop\.prices: 339 rows-lost e\.g\. title_id=\d+, day=[\d-]+, source=scan, .*$/,
  ],
  [
    'a child table of its own',
    `update login_events set who = 'nobody'; insert into events values (3, now())`,
    'shop.events: 1 rows-added',
    'shop.login_events.who: 1 values-changed',
  ],
  [
    'odd names',
    `update "Odd Names"."Mixed.Case ""Table""" set "ünïcode" = 'u'`,
    '"Odd Names"."Mixed.Case ""Table""".ünïcode: 1 values-changed',
  ],
  [
    'rows that row-level security hides from most',
    `alter table members owner to postgres; update members set tenant = 'b' where id = '${uuid(9)}'`,
    `shop.members.tenant: 1 values-changed e.g. id=${uuid(9)}`,
  ],
]

// The embedded server is a 17 already.
for (const testServer of testServers.filter(({ major }) => major !== 17)) {
  describe(`compared data on ${testServer.title}`, () => {
    let server: Server
    let pristine: string

    before(async function () {
      server = await serverOrSkip(testServer, this)
      pristine = await kitchenSink(server)
    })

    for (const [what, sql, ...differences] of cases) {
      it(`tell of ${what}`, async () => {
        const changed = await cloneOf(server, pristine)
        try {
          const found = (await compare(changed, sql, { by: 'oid' })).map(brief)
          expect(found.map((line) => matching(line, differences))).to.have.members(differences)
        } finally {
          await server.dropDatabase(changed)
        }
      })
    }

    it('find few rows among many', async () => {
      const before = await cloneOf(server, pristine)
      const client = await session(server, before)
      await client.query(`create table keyed (id bigint primary key, v text);
        insert into keyed select n, 'v' || n from generate_series(1, 30000) n;
        create table keyless as select n % 10000 as n, 'v' || n % 10000 as v from generate_series(1, 30000) n`)
      await client.end()
      const changed = await cloneOf(server, before)
      const sql = `update shop.keyed set v = 'w' where id % 10000 = 7; delete from shop.keyed where id in (3, 4);
        update shop.keyless set v = 'w' where n = 7`
      const found = (await compare(changed, sql, { by: 'oid' }, before)).map(brief)
      expect(found).to.deep.equal([
        'shop.keyed: 2 rows-lost e.g. id=3, id=4',
        'shop.keyed.v: 3 values-changed e.g. id=10007, id=20007, id=7',
        'shop.keyless.v: 3 values-changed',
      ])
    })

    it('recognise by name what was made anew, and nothing that was renamed', async () => {
      const changed = await cloneOf(server, pristine)
      const sql = `alter table publishers rename to houses;
        create table m as select * from members; drop table members; alter table m rename to members`
      const found = (await compare(changed, sql, { by: 'name' })).map(brief)
      expect(found).to.deep.equal(['shop.publishers: 20 table-dropped'])
    })

    it('leave out ignored tables and report progress', async () => {
      const changed = await cloneOf(server, pristine)
      const seen: string[] = []
      const found = await compare(changed, 'truncate members', {
        by: 'oid',
        ignoreTables: [{ schema: undefined, name: 'members' }],
        onProgress: (done, tables) => seen.push(`${done}/${tables}`),
      })
      expect(found).to.deep.equal([])
      expect(seen.at(-1)).to.match(/^(\d+)\/\1$/)
    })

    async function compare(
      database: string,
      sql: string,
      options: Omit<CompareRequest, 'before' | 'after'>,
      source = pristine,
    ): Promise<DataDifference[]> {
      const client = await session(server, database)
      await client.query(sql)
      await client.end()
      const into = (name: string) => () => connect(server.connection(name))
      return compareData({ before: into(source), after: into(database), ...options })
    }
  })
}

function brief({ table, column, kind, rows, samples, nonNullLost }: DataDifference): string {
  const subject = column === null ? table : `${table}.${column}`
  const lost = nonNullLost === null ? '' : ` ${nonNullLost} values`
  return `${subject}: ${rows} ${kind}${lost}${samples.length === 0 ? '' : ` e.g. ${samples.join(', ')}`}`
}

/** The expectation that the line meets, or else the line. */
function matching(line: string, expected: readonly (string | RegExp)[]): string | RegExp {
  return expected.find((pattern) => pattern instanceof RegExp && pattern.test(line)) ?? line
}

/** The key of the nth member, as the fixture makes it. */
function uuid(n: number): string {
  const digest = createHash('md5').update(String(n)).digest('hex')
  return digest.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
