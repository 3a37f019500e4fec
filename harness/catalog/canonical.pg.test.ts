import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { settleDeparse, type Side } from './canonical.ts'
import { diffCatalogs } from './diff.ts'
import { readCatalog } from './read.ts'

/** What a user writes, and what the server makes of it once it has been through a dump and a restore. */
const rewritten: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    'a check',
    `alter table titles add constraint c check (status in ('a', 'b')) not valid`,
    `alter table titles add constraint c check (status::text = any (array['a'::varchar::text, 'b'::varchar::text])) not valid`,
  ],
  [
    'a check of a partitioned table',
    `create table p (d varchar(5) check (d in ('a', 'b')), n integer) partition by list (n); create table p1 partition of p for values in (1)`,
    `create table p (d varchar(5) check (d::text = any (array['a'::varchar::text, 'b'::varchar::text])), n integer) partition by list (n); create table p1 partition of p for values in (1)`,
  ],
  [
    'a domain check',
    `create domain d as varchar(9) constraint c check (value in ('a', 'b'))`,
    `create domain d as varchar(9) constraint c check (value::text = any (array['a'::varchar::text, 'b'::varchar::text]))`,
  ],
  [
    'an index predicate and expression',
    `create unique index i on titles (lower(status), (status in ('a', 'b'))) where status in ('a', 'b')`,
    `create unique index i on titles (lower(status), (status::text = any (array['a'::varchar::text, 'b'::varchar::text]))) where status::text = any (array['a'::varchar::text, 'b'::varchar::text])`,
  ],
  [
    'a view',
    `create view v as select id from titles where status in ('a', 'b')`,
    `create view v as select id from titles where status::text = any (array['a'::varchar::text, 'b'::varchar::text])`,
  ],
  [
    'a materialized view',
    `create materialized view m as select id from titles where status in ('a', 'b')`,
    `create materialized view m as select id from titles where status::text = any (array['a'::varchar::text, 'b'::varchar::text])`,
  ],
  [
    'a default',
    `alter table titles add column f boolean default ('a'::varchar in ('a'::varchar, 'b'::varchar))`,
    `alter table titles add column f boolean default ('a'::varchar::text = any (array['a'::varchar::text, 'b'::varchar::text]))`,
  ],
  [
    'a generated column',
    `alter table titles add column g boolean generated always as (status in ('a', 'b')) stored`,
    `alter table titles add column g boolean generated always as (status::text = any (array['a'::varchar::text, 'b'::varchar::text])) stored`,
  ],
  [
    'a policy',
    `create policy p on titles using (status in ('a', 'b')) with check (status in ('a', 'b') and exists (select from members m where m.tenant = titles.code))`,
    `create policy p on titles using (status::text = any (array['a'::varchar::text, 'b'::varchar::text])) with check (status::text = any (array['a'::varchar::text, 'b'::varchar::text]) and exists (select from members m where m.tenant = titles.code))`,
  ],
  [
    'a trigger',
    `create trigger t before update on titles for each row when (new.status in ('a', 'b')) execute function touch()`,
    `create trigger t before update on titles for each row when (new.status::text = any (array['a'::varchar::text, 'b'::varchar::text])) execute function touch()`,
  ],
  [
    'a rule',
    `create rule r as on update to titles where new.status in ('a', 'b') do nothing`,
    `create rule r as on update to titles where new.status::text = any (array['a'::varchar::text, 'b'::varchar::text]) do nothing`,
  ],
  [
    'a function with an SQL body',
    `create function f() returns bigint begin atomic select count(*) from titles where status in ('a', 'b'); end`,
    `create function f() returns bigint begin atomic select count(*) from titles where status::text = any (array['a'::varchar::text, 'b'::varchar::text]); end`,
  ],
  [
    'an exclusion constraint',
    `create table e (s varchar(9), n integer, constraint e_ex exclude using gist (n with =) where (s in ('a', 'b')))`,
    `create table e (s varchar(9), n integer, constraint e_ex exclude using gist (n with =) where (s::text = any (array['a'::varchar::text, 'b'::varchar::text])))`,
  ],
]

for (const testServer of testServers) {
  describe(`expressions written anew on ${testServer.title}`, () => {
    let server: Server
    let written: Side

    before(async function () {
      server = await serverOrSkip(testServer, this)
      written = await sideWith(
        server,
        rewritten.map(([, original]) => original),
      )
    })

    after(() => written.client.end())

    it('are no difference', async () => {
      const after = await sideWith(
        server,
        rewritten.map(([, , restored]) => restored),
      )
      const differences = diffCatalogs(written.catalog, after.catalog)
      expect(differences.length).to.be.at.least(rewritten.length)
      expect(await settleDeparse(differences, written, after)).to.deep.equal([])
      await after.client.end()
    })

    it('are a difference when they mean something else', async () => {
      const after = await sideWith(
        server,
        rewritten.map(([, , restored]) => restored.replaceAll(`'b'::`, `'c'::`)),
      )
      const differences = diffCatalogs(written.catalog, after.catalog)
      expect(await settleDeparse(differences, written, after)).to.deep.equal(differences)
      await after.client.end()
    })

    it('leave nothing behind', async () => {
      const { client, catalog } = written
      const difference = {
        kind: 'constraint',
        name: 'shop.titles.titles_status_check',
        change: 'changed',
        attribute: 'definition',
        before: 'CHECK (nonsense)',
        after: 'CHECK (true)',
        severity: 'error',
      } as const
      expect(await settleDeparse([difference], written, written)).to.deep.equal([difference])
      expect(diffCatalogs(catalog, await readCatalog(client))).to.deep.equal([])
    })
  })
}

async function sideWith(server: Server, statements: readonly string[]): Promise<Side> {
  const client = await session(server, await kitchenSink(server))
  for (const statement of statements) await client.query(statement)
  return { client, catalog: await readCatalog(client) }
}
