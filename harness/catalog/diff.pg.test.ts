import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import type { Catalog, CatalogDifference } from './catalog.ts'
import { diffCatalogs } from './diff.ts'
import { readCatalog, readCatalogHere } from './read.ts'

/** A change to the kitchen sink, and the whole of the difference that it makes. */
const cases: readonly (readonly [sql: string, ...differences: string[]])[] = [
  ['select 1'],
  [
    `alter table publishers alter column country set default 'IE'`,
    `changed column shop.publishers.country default: 'GB'::bpchar -> 'IE'::bpchar`,
  ],
  [
    'alter table titles alter column price set not null',
    'changed column shop.titles.price notNull: null -> true',
  ],
  [
    'alter table publishers alter column name type varchar(90)',
    'changed column shop.publishers.name type: character varying(80) -> character varying(90)',
  ],
  [
    'alter table titles drop constraint titles_publisher_fk, add constraint titles_publisher_fk foreign key (publisher_id) references publishers on delete set null on update restrict',
    'changed constraint shop.titles.titles_publisher_fk definition: FOREIGN KEY (publisher_id) REFERENCES shop.publishers(id) ON UPDATE RESTRICT ON DELETE CASCADE -> FOREIGN KEY (publisher_id) REFERENCES shop.publishers(id) ON UPDATE RESTRICT ON DELETE SET NULL',
  ],
  ['comment on table publishers is null', 'changed table shop.publishers comment: who prints it -> null'],
  [
    'comment on column live_titles.name is null',
    'changed column shop.live_titles.name comment: as printed -> null',
  ],
  [
    `comment on column address.postcode is 'lower'`,
    `changed type shop.address attributeComments: postcode: 'upper case' -> postcode: 'lower'`,
  ],
  ['comment on index titles_live is null', 'changed index shop.titles_live comment: what is on sale -> null'],
  [
    'comment on constraint isbn_shape on domain isbn is null',
    'changed domain constraint shop.isbn.isbn_shape comment: thirteen digits -> null',
  ],
  ['revoke select on live_titles from sink_reader', 'changed view shop.live_titles grants'],
  ['grant select on publishers to sink_reader', 'changed table shop.publishers grants'],
  [
    'revoke update (tax) on titles from "Sink Writer"',
    'changed column shop.titles.tax grants: "Sink Writer"=UPDATE -> null',
  ],
  ['grant all on no_key to postgres'],
  ['grant execute on function secret_total() to public', 'changed function shop.secret_total() grants'],
  ['revoke usage on schema shop from sink_reader', 'changed schema shop grants'],
  [
    'alter policy members_own on members to public',
    'changed policy shop.members.members_own roles: sink_reader -> PUBLIC',
  ],
  ['drop policy members_write on members', 'missing policy shop.members.members_write'],
  [
    'alter sequence order_numbers restart with 1305',
    'changed sequence shop.order_numbers nextValue: 1200 -> 1305 (notice)',
  ],
  ['alter sequence titles_id_seq restart with 7', 'changed sequence shop.titles_id_seq nextValue: 301 -> 7'],
  ['alter sequence order_numbers increment 6', 'changed sequence shop.order_numbers increment: 5 -> 6'],
  [
    `alter type condition add value 'near mint' after 'mint'`,
    `changed type shop.condition labels: 'mint', 'fine', 'good', 'poor' -> 'mint', 'near mint', 'fine', 'good', 'poor'`,
  ],
  [
    "drop view live_titles; create view live_titles with (security_barrier) as select price, id, name, status from titles where status in ('live', 'draft') with local check option",
    'missing rule shop.live_titles.live_titles_insert',
    'changed column shop.live_titles.name comment: as printed -> null',
    `changed column shop.live_titles.status default: 'live'::character varying -> null`,
    'changed view shop.live_titles comment: on sale -> null',
    'changed view shop.live_titles definition',
    'changed view shop.live_titles grants',
  ],
  [
    'alter table titles disable trigger titles_touch',
    'changed trigger shop.titles.titles_touch fires: normally -> disabled',
  ],
  [
    'alter table titles disable trigger all; alter table titles enable trigger titles_touch',
    'changed constraint shop.prices.prices_title_id_fkey firing: null -> DO',
    'changed constraint shop.titles.titles_once firing: null -> D',
    'changed constraint shop.titles.titles_publisher_fk firing: null -> DO',
  ],
  ['alter event trigger watch_drops disable', 'changed event trigger watch_drops fires: always -> disabled'],
  ['drop index titles_live', 'missing index shop.titles_live'],
  ['create index one_more on titles (born)', 'added index shop.one_more'],
  [
    `update pg_index set indisvalid = false where indexrelid = 'titles_facts'::regclass`,
    'changed index shop.titles_facts valid: true -> false',
  ],
  [
    'alter table publishers drop constraint publishers_name_key',
    'missing constraint shop.publishers.publishers_name_key with 1 index',
  ],
  [
    'alter table publishers owner to sink_owner',
    'changed table shop.publishers owner: postgres -> sink_owner',
  ],
  [
    'alter function touch() owner to sink_owner',
    'changed function shop.touch() owner: postgres -> sink_owner',
  ],
  [
    'alter table members disable row level security',
    'changed table shop.members rowSecurity: forced -> disabled, forced',
  ],
  [
    'alter table members no force row level security',
    'changed table shop.members rowSecurity: forced -> enabled',
  ],
  [
    'alter table titles alter column body set storage external',
    'changed column shop.titles.body storage: null -> external',
  ],
  [
    'alter table publishers alter column id set generated by default',
    'changed column shop.publishers.id identity: always -> by default',
  ],
  [
    'alter table publishers alter column country set statistics 100',
    'changed column shop.publishers.country statistics: 500 -> 100',
  ],
  [
    'alter table publishers reset (fillfactor)',
    'changed table shop.publishers options: autovacuum_enabled=false, fillfactor=80 -> autovacuum_enabled=false',
  ],
  ['alter table titles replica identity default', 'changed table shop.titles replicaIdentity: full -> null'],
  ['alter table scratch_pad set logged', 'changed table shop.scratch_pad persistence: unlogged -> null'],
  ['alter table titles set without cluster', 'changed index shop.titles_name_key clustered: true -> null'],
  [
    'alter table prices detach partition prices_2023',
    `changed table shop.prices_2023 partitionBound: FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') -> null`,
    'changed table shop.prices_2023 partitionOf: shop.prices -> null',
  ],
  ['drop index prices_by_amount', 'missing index shop.prices_by_amount'],
  ['alter table prices add column extra text', 'added column shop.prices.extra'],
  [
    'alter table prices alter column amount type numeric(12, 2)',
    'changed column shop.prices.amount type: numeric(10,2) -> numeric(12,2)',
  ],
  ['drop trigger prices_note on prices', 'missing trigger shop.prices.prices_note'],
  [
    'alter table prices drop constraint prices_amount_check',
    'missing constraint shop.prices.prices_amount_check',
  ],
  [
    'alter table prices drop constraint prices_title_id_fkey',
    'missing constraint shop.prices.prices_title_id_fkey',
  ],
  ['alter table events drop column at', 'missing column shop.events.at'],
  [
    'alter table login_events no inherit events',
    'changed table shop.login_events inherits: shop.events -> null',
  ],
  [
    'create or replace function touch() returns trigger language plpgsql as $$ begin return new; end $$',
    'changed function shop.touch() definition',
  ],
  ['drop function net(integer)', 'missing function shop.net(integer)'],
  ['drop aggregate rolling(numeric)', 'missing aggregate shop.rolling(numeric)'],
  [
    "alter domain isbn drop constraint isbn_shape; alter domain isbn add constraint isbn_shape check (value ~ '^97')",
    `changed domain constraint shop.isbn.isbn_shape comment: thirteen digits -> null`,
    `changed domain constraint shop.isbn.isbn_shape definition: CHECK ((VALUE ~ '^97[89][0-9]{10}$'::text)) -> CHECK ((VALUE ~ '^97'::text))`,
  ],
  [`alter domain isbn drop default`, `changed domain shop.isbn default: '9780000000000'::text -> null`],
  [
    'alter table titles validate constraint titles_dates',
    `changed constraint shop.titles.titles_dates definition: CHECK (((born IS NULL) OR (born > '1900-01-01 00:00:00'::timestamp without time zone))) NOT VALID -> CHECK (((born IS NULL) OR (born > '1900-01-01 00:00:00'::timestamp without time zone)))`,
  ],
  [
    'drop table titles cascade',
    'missing view shop.live_titles with 4 columns, 1 rule',
    'missing policy shop.members.members_write',
    'missing constraint shop.prices.prices_title_id_fkey',
    'missing materialized view shop.title_counts with 3 columns, 1 index',
    'missing table shop.titles with 24 columns, 6 constraints, 6 indexes, 1 publication table, 1 rule, 1 sequence, 1 statistics, 2 triggers',
  ],
  [
    'drop schema "Odd Names" cascade',
    'missing schema "Odd Names" with 3 columns, 1 publication schema, 1 table',
  ],
  [
    'create table extra (id serial primary key, x text unique)',
    'added table shop.extra with 2 columns, 2 constraints, 2 indexes, 1 sequence',
  ],
  [
    'alter table publishers drop column country; alter table publishers add column country char(2) collate "C" default \'GB\'; alter table publishers alter column country set statistics 500',
    'changed table shop.publishers columnOrder: id, name, country, notes, updated_at -> id, name, notes, updated_at, country (notice)',
  ],
  ['drop extension unaccent', 'missing extension unaccent'],
  [
    'alter extension citext set schema shop',
    'changed extension citext schema: public -> shop',
    'changed column shop.live_titles.name type: public.citext -> shop.citext',
    'changed column shop.members.email type: public.citext -> shop.citext',
    'changed column shop.titles.name type: public.citext -> shop.citext',
  ],
  [
    'alter statistics titles_stats set statistics 100',
    'changed statistics shop.titles_stats target: 200 -> 100',
  ],
  [
    'refresh materialized view never_filled',
    'changed materialized view shop.never_filled populated: false -> true',
  ],
  ['drop rule titles_keep on titles', 'missing rule shop.titles.titles_keep'],
  ['alter publication few drop table titles', 'missing publication table few: shop.titles'],
  [
    `alter publication everything set (publish = 'insert')`,
    'changed publication everything publishes: insert, truncate -> insert',
  ],
  [
    'alter server warehouse options (drop port)',
    'changed server warehouse optionNames: dbname, host, port -> dbname, host',
  ],
  ['drop user mapping for public server warehouse', 'missing user mapping for PUBLIC server warehouse'],
  [
    'alter default privileges for role sink_owner in schema shop revoke select on tables from sink_reader',
    'missing default privileges for sink_owner in shop on tables',
  ],
  ['select lo_unlink(424242)', 'missing large objects of sink_owner'],
  [
    'alter text search configuration shop_words drop mapping for url',
    'changed text search configuration shop.shop_words mappings',
  ],
  ['drop cast (cents as bigint)', 'missing cast (shop.cents AS bigint)'],
  ['drop operator === (condition, text)', 'missing operator shop.===(shop.condition, text)'],
  [
    'drop operator class cents_ops using btree',
    'missing operator class shop.cents_ops using btree',
    'changed operator family shop.cents_ops using btree functions',
    'changed operator family shop.cents_ops using btree operators',
  ],
  [
    'drop view countdown; create table countdown (n integer)',
    'missing view shop.countdown',
    'added table shop.countdown',
  ],
  [
    'alter index titles_facts rename to titles_facts_2',
    'missing index shop.titles_facts',
    'added index shop.titles_facts_2',
  ],
]

for (const testServer of testServers) {
  describe(`catalog differences on ${testServer.title}`, () => {
    let server: Server
    let baseline: Catalog
    let database: string

    before(async function () {
      server = await serverOrSkip(testServer, this)
      database = await kitchenSink(server)
      await using client = await session(server, database)
      baseline = await readCatalog(client)
    })

    for (const [sql, ...differences] of cases) {
      it(`are exactly those of: ${sql.length > 90 ? `${sql.slice(0, 90)}…` : sql}`, async () => {
        await using client = await session(server, database)
        await client.query('begin')
        await client.query(sql)
        const found = diffCatalogs(baseline, await readCatalogHere(client))
        expect(found.map((difference) => brief(difference, differences))).to.have.members(differences)
      })
    }
  })
}

/** One difference as a line; the values are left out where no expected line tells them. */
function brief(difference: CatalogDifference, expected: readonly string[]): string {
  const { change, kind, name, attribute, before, after, severity } = difference
  const line = [change, kind, name, attribute].filter((part) => part !== null).join(' ')
  if (change !== 'changed') return [line, before, after].filter((part) => part !== null).join(' ')
  const told = expected.some((text) => text.startsWith(`${line}: `))
  return `${line}${told ? `: ${before} -> ${after}` : ''}${severity === 'error' ? '' : ` (${severity})`}`
}
