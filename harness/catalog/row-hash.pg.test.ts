import { expect } from 'chai'
import type { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { session } from '../testing/kitchen-sink.ts'
import { readPlainly } from './data-session.ts'
import { listDataTables } from './data-tables.ts'
import { hashOf, valueOf } from './row-hash.ts'

/** Pairs of rows that each case is tried on. */
const pairs = 10_000

const columns = ['id', 'n', 'small', 'flag', 'a', 'b', 'at', 'day', 'u', 'num', 'bin']

/** What a pair of rows becomes, by what of `r` and its partner `p` each of them has afterwards. */
const cases: Readonly<Record<string, string>> = {
  'two rows that swap their last value':
    'r.id, r.n, r.small, r.flag, r.a, r.b, r.at, r.day, r.u, r.num, p.bin',
  'two rows that swap the first': 'p.id, r.n, r.small, r.flag, r.a, r.b, r.at, r.day, r.u, r.num, r.bin',
  'two rows that swap several': 'p.id, p.n, r.small, r.flag, p.a, r.b, p.at, r.day, r.u, p.num, r.bin',
  'two rows that swap a nullable text':
    'r.id, r.n, r.small, r.flag, r.a, p.b, r.at, r.day, r.u, r.num, r.bin',
  'two rows that swap a date': 'r.id, r.n, r.small, r.flag, r.a, r.b, r.at, p.day, r.u, r.num, r.bin',
  'two columns that swap within a row':
    'r.id, r.n, r.small, r.flag, r.b, r.a, r.at, r.day, r.u, r.num, r.bin',
  'two numbers that swap within a row':
    'r.n, r.id::int, r.small, r.flag, r.a, r.b, r.at, r.day, r.u, r.num, r.bin',
  'what one row gains and the other loses':
    'r.id, r.n + r.side * 2 - 1, r.small, r.flag, r.a, r.b, r.at, r.day, r.u, r.num, r.bin',
  'both rows changed alike': 'r.id, r.n + 1, r.small, r.flag, r.a, r.b, r.at, r.day, r.u, r.num, r.bin',
  'null that becomes empty':
    "r.id, r.n, r.small, r.flag, r.a, coalesce(r.b, ''), r.at, r.day, r.u, r.num, r.bin",
  'one row twice in place of two': columns
    .map((name) => `case when r.side = 0 then r.${name} else p.${name} end`)
    .join(', '),
  'a number beyond 32 bits with the same halves':
    'r.id # 4294967297, r.n, r.small, r.flag, r.a, r.b, r.at, r.day, r.u, r.num, r.bin',
}

// Every server hashes in the same way; the oldest lacks most functions.
for (const testServer of testServers.filter(({ major }) => major !== 17)) {
  describe(`row hashes on ${testServer.title}`, function () {
    this.timeout(60_000)
    let server: Server

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase('row_hashes')
      await using client = await session(server, 'row_hashes')
      await client.query(`create table rows as select g, side, g * 100003::bigint * (side + 1) as id,
        (random() * 1000)::integer * 2 + side as n, (g % 100 + side)::smallint as small, (g + side) % 2 = 0 as flag,
        'a' || g % 7 || side as a, case when side = 0 then 'b' || g % 5 end as b,
        timestamptz '2024-01-01' + (g * 2 + side) * interval '1 s' as at,
        case when side = 1 and g % 2 = 0 then 'infinity' else date '2024-01-01' + g % 1000 + side end as day,
        md5(g || ' ' || side)::uuid as u, (g * 0.25 + side)::numeric(12, 2) as num,
        decode(md5(g || ' ' || side), 'hex') as bin
        from generate_series(1, ${pairs}) g, generate_series(0, 1) side`)
    })

    for (const [what, select] of Object.entries(cases)) {
      it(`tell ${what} in every one of ${pairs.toLocaleString('en-GB')} pairs`, async () => {
        await using client = await session(server, 'row_hashes')
        await client.query(`create temporary table changed (like rows);
          insert into changed select r.g, r.side, ${select}
          from rows r join rows p on p.g = r.g and p.side = 1 - r.side`)
        const { tried, missed } = await compare(client)
        expect({ tried, missed }).to.deep.equal({ tried: pairs, missed: 0 })
      })
    }

    it('are the same for the same rows, and for rows of nothing but nulls', async () => {
      await using client = await session(server, 'row_hashes')
      await client.query('create temporary table changed as select * from rows order by random()')
      expect((await compare(client)).missed).to.equal(pairs)
      const { rows } = await client.query(`select distinct ${await hash(client)} as hash
        from (select r.* from generate_series(1, 2) left join public.rows r on false) t`)
      expect(rows).to.have.length(1)
      expect(rows[0].hash).to.be.a('string')
    })

    /** How many pairs have other rows than before, and of how many the sum of hashes is what it was. */
    async function compare(client: Client): Promise<{ tried: number; missed: number }> {
      const sums = (table: string, hash: string) =>
        `(select g, sum(${hash}) as sum from ${table} t group by g)`
      const expression = await hash(client)
      const { rows } = await client.query<{ tried: string; missed: string }>(`
        select count(*) as tried, count(*) filter (where one.sum = other.sum) as missed
        from ${sums('public.rows', expression)} one join ${sums('changed', expression)} other using (g)`)
      return { tried: Number(rows[0]?.tried), missed: Number(rows[0]?.missed) }
    }

    async function hash(client: Client): Promise<string> {
      const table = (await listDataTables(client)).find(({ name }) => name === 'public.rows')
      await readPlainly(client, 'UTC')
      const values = (table?.columns ?? [])
        .filter(({ name }) => columns.includes(name))
        .map((it) => valueOf(it))
      expect(values).to.have.length(columns.length)
      return hashOf(values, server.major)
    }
  })
}
