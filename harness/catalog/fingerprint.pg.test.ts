import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { connect } from '../postgres/client.ts'
import { cloneOf, kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { fingerprint, type FingerprintRequest, type TableFingerprint } from './fingerprint.ts'

for (const testServer of testServers) {
  describe(`fingerprints on ${testServer.title}`, () => {
    let server: Server
    let database: string

    before(async function () {
      server = await serverOrSkip(testServer, this)
      database = await kitchenSink(server)
    })

    it('count every table once, partitions at their root and foreign tables not at all', async () => {
      const found = await take(database)
      expect(found.map(({ name, rows }) => `${name} ${rows}`)).to.deep.equal([
        '"Odd Names"."Mixed.Case ""Table""" 1',
        'shop.events 1',
        'shop.login_events 1',
        'shop.members 50',
        'shop.no_key 100',
        'shop.of_address 0',
        'shop.other_method 1',
        'shop.prices 400',
        'shop.publishers 20',
        'shop.scratch_pad 0',
        'shop.title_counts 20',
        'shop.titles 300',
      ])
      expect(found.find(({ name }) => name === 'shop.prices')?.bytes).to.be.greaterThan(8_192)
    })

    it('are equal for the same rows in another order, and for a clone in another time zone', async () => {
      const clone = await cloneOf(server, database)
      const client = await session(server, clone)
      await client.query(`create table kept as select * from members; truncate members;
        insert into members select * from kept order by email desc; drop table kept;
        alter database ${clone} set timezone = 'Asia/Tokyo'; alter database ${clone} set datestyle = 'German'`)
      await client.end()
      const digests = (tables: readonly TableFingerprint[]) =>
        tables.map(({ name, digest }) => [name, digest])
      expect(digests(await take(clone, { parallelism: 4 }))).to.deep.equal(digests(await take(database)))
    })

    it('differ when rows swap values, and tell the column by column digests asked for', async () => {
      const clone = await cloneOf(server, database)
      const client = await session(server, clone)
      await client.query(`create table pairs (id integer primary key, v integer, w integer);
        insert into pairs select n, n * 10, n from generate_series(1, 200) n`)
      const [before] = await take(clone, onlyPairs)
      await client.query('update pairs set v = (201 - id) * 10')
      const [swapped] = await take(clone, onlyPairs)
      await client.query('update pairs set w = 0 where id = 9')
      const [changed] = await take(clone, onlyPairs)
      await client.end()
      expect(swapped?.digest).not.to.equal(before?.digest)
      const columns = (table: TableFingerprint | undefined) => table?.columns.map(({ digest }) => digest)
      expect(columns(swapped)).to.deep.equal(columns(before))
      expect(columns(changed)?.map((digest, at) => digest === columns(before)?.[at])).to.deep.equal([
        true,
        true,
        false,
      ])
    })

    it('digest only the columns that are asked for', async () => {
      const clone = await cloneOf(server, database)
      const columns = new Map([['shop.publishers', ['id', 'name']]])
      const [before] = await take(clone, { columns, only: 'shop.publishers' })
      const client = await session(server, clone)
      await client.query(
        `alter table publishers add column extra text default 'x'; update publishers set notes = null`,
      )
      await client.end()
      const [after] = await take(clone, { columns, only: 'shop.publishers' })
      expect(after?.columns.map(({ name }) => name)).to.deep.equal(['id', 'name'])
      expect(after?.digest).to.equal(before?.digest)
    })

    it('read a partition tree leaf by leaf when a leaf is elsewhere, which is not asked', async () => {
      const clone = await cloneOf(server, database)
      const client = await session(server, clone)
      await client.query(`create table far (n integer) partition by list (n);
        create table far_1 partition of far for values in (1); insert into far values (1);
        create foreign table far_2 partition of far for values in (2) server warehouse`)
      await client.end()
      const found = (await take(clone)).filter(({ name }) => name.startsWith('shop.far'))
      expect(found.map(({ name, rows }) => `${name} ${rows}`)).to.deep.equal(['shop.far_1 1'])
    })

    it('report progress and leave out ignored tables', async () => {
      const seen: string[] = []
      const found = await take(database, {
        ignoreTables: [{ schema: 'shop', name: 'titles' }],
        onProgress: (done, tables) => seen.push(`${done}/${tables}`),
      })
      expect(found.map(({ name }) => name)).not.to.include('shop.titles')
      expect(seen).to.deep.equal(found.map((_, at) => `${at + 1}/${found.length}`))
    })

    it('are refused where row-level security would hide rows', async () => {
      const clone = await cloneOf(server, database)
      const client = await session(server, clone)
      await client.query(
        'grant select on all tables in schema shop, "Odd Names" to sink_reader; grant usage on schema "Odd Names" to sink_reader',
      )
      await client.end()
      const asReader = async () => {
        const reader = await connect(server.connection(clone))
        await reader.query('set role sink_reader')
        return reader
      }
      const outcome = await fingerprint({ connect: asReader }).catch((error: Error) => error.message)
      expect(outcome).to.equal('query would be affected by row-level security policy for table "members"')
    })

    async function take(
      name: string,
      { only, ...request }: Omit<FingerprintRequest, 'connect'> & { only?: string } = {},
    ): Promise<TableFingerprint[]> {
      const found = await fingerprint({ connect: () => connect(server.connection(name)), ...request })
      return found.filter((table) => only === undefined || table.name === only)
    }
  })
}

const onlyPairs = { perColumn: true, only: 'shop.pairs' }
