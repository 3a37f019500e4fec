import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { connect } from '../postgres/client.ts'
import { cloneOf, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { compareData } from './compare-data.ts'
import { listDataTables } from './data-tables.ts'
import { fingerprint } from './fingerprint.ts'
import { planSampling, sampleOf, type Sampling } from './sampling.ts'

const rows = 40_000
const oneIn = 16

for (const testServer of testServers.filter(({ major }) => major !== 17)) {
  describe(`sampled tables on ${testServer.title}`, () => {
    let server: Server
    let sampling: Sampling
    /** One key that is in the sample, and one that is not. */
    let within: number
    let without: number

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase('sampled')
      await using client = await session(server, 'sampled')
      await client.query(`create table keyed (id integer primary key, v text, w integer);
        insert into keyed select n, 'v' || n, n from generate_series(1, ${rows}) n;
        create table keyless as select * from keyed; create table small (id integer primary key)`)
      const tables = await listDataTables(client)
      const keyed = tables.find(({ name }) => name === 'public.keyed')
      sampling = planSampling(tables, (keyed?.bytes ?? 0) / oneIn)
      if (keyed === undefined) throw new Error('no table')
      const { rows: keys } = await client.query<{ id: string; sampled: string }>(
        `select min(id) as id, ${sampleOf(keyed, sampling, server.major)} as sampled from keyed t group by 2`,
      )
      within = Number(keys.find(({ sampled }) => sampled === 't')?.id)
      without = Number(keys.find(({ sampled }) => sampled === 'f')?.id)
    })

    it('are those that take more, to so much of each; a table without a key is read in full', () => {
      expect([...sampling.oneIn]).to.deep.equal([['public.keyed', oneIn]])
      expect(sampling.withoutKey).to.deep.equal(['public.keyless'])
    })

    it('have the same sample wherever the rows lie, and under a key of another type', async () => {
      expect(
        await compare(`create table kept as select * from keyed; truncate keyed;
          insert into keyed select * from kept order by v desc; drop table kept`),
      ).to.deep.equal([])
      expect(await compare('alter table keyed alter column id type bigint')).to.deep.equal([])
    })

    it('tell how many rows were lost, and of changed ones about how many', async () => {
      expect(await compare(`delete from keyed where id = ${without}`)).to.deep.equal([
        { column: null, kind: 'rows-lost', rows: 1, sampled: false },
      ])
      const [changed] = await compare(`update keyed set w = w + 1 where id % 4 = 0`)
      expect(changed).to.include({ column: 'w', kind: 'values-changed', sampled: true })
      expect(changed?.rows).to.be.within(rows / 5, rows / 3)
    })

    it('are compared by the sample alone', async () => {
      expect(await compare(`update keyed set w = 0 where id = ${without}`)).to.deep.equal([])
      expect(await compare(`update keyed set w = 0 where id = ${within}`)).to.deep.equal([
        { column: 'w', kind: 'values-changed', rows: oneIn, sampled: true },
      ])
    })

    it('are counted in full by fingerprints, which differ with the sample alone', async () => {
      const one = async (sql = 'select 1') => {
        const copy = await cloneOf(server, 'sampled')
        await using client = await session(server, copy)
        await client.query(sql)
        const found = await fingerprint({ connect: () => connect(server.connection(copy)), sampling })
        const { rows: counted, digest } = found.find(({ name }) => name === 'public.keyed') ?? {}
        return { counted, digest }
      }
      const before = await one()
      expect(before.counted).to.equal(rows)
      expect(await one(`update keyed set w = 0 where id = ${without}`)).to.deep.equal(before)
      expect(await one(`update keyed set w = 0 where id = ${within}`)).not.to.deep.equal(before)
    })

    async function compare(sql: string) {
      const changed = await cloneOf(server, 'sampled')
      {
        await using client = await session(server, changed)
        await client.query(sql)
      }
      const into = (name: string) => () => connect(server.connection(name))
      const found = await compareData({ before: into('sampled'), after: into(changed), by: 'oid', sampling })
      await server.dropDatabase(changed)
      return found.map(({ column, kind, rows: count, sampled }) => ({ column, kind, rows: count, sampled }))
    }
  })
}
