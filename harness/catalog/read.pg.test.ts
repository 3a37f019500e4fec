import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { cloneOf, kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import type { Catalog } from './catalog.ts'
import { diffCatalogs } from './diff.ts'
import { readCatalog } from './read.ts'

for (const testServer of testServers) {
  describe(`catalogs on ${testServer.title}`, () => {
    let server: Server
    let database: string

    before(async function () {
      server = await serverOrSkip(testServer, this)
      database = await kitchenSink(server)
    })

    async function read(name: string): Promise<Catalog> {
      await using client = await session(server, name)
      return await readCatalog(client)
    }

    it('are equal when read twice and of a clone', async () => {
      const first = await read(database)
      expect([...(await read(database)).objects]).to.deep.equal([...first.objects])
      expect([...(await read(await cloneOf(server, database))).objects]).to.deep.equal([...first.objects])
      expect(diffCatalogs(first, first)).to.deep.equal([])
    })

    it('hold every kind of object and no secret', async () => {
      const source = [...(await read('kitchen_sink')).objects.values()]
      expect([...new Set(source.map(({ kind }) => kind))].toSorted()).to.deep.equal(everyKind)
      expect(JSON.stringify(source)).not.to.contain('kitchen-secret')
      expect(source.filter(({ attributes }) => 'comment' in attributes).length).to.be.greaterThan(25)
    })

    it('leave out what is ignored with all that belongs to it', async () => {
      await using client = await session(server, database)
      const ignoreTables = [
        { schema: 'shop', name: 'publishers' },
        { schema: undefined, name: 'Mixed.Case "Table"' },
        { schema: 'public', name: 'titles' },
      ]
      const catalog = await readCatalog(client, { ignoreTables })
      const names = [...catalog.objects.values()].map(({ name }) => name)
      expect(names.filter((name) => /^shop\.publishers|Mixed/.test(name))).to.deep.equal([])
      expect(names).to.include('shop.titles')
    })

    it('leave the session as it was', async () => {
      await using client = await session(server, database)
      await client.query('set search_path = shop')
      await readCatalog(client)
      expect((await client.query('show search_path')).rows).to.deep.equal([{ search_path: 'shop' }])
    })

    it('are readable to a role without rights', async () => {
      await using client = await session(server, database)
      await client.query('set role sink_reader')
      const catalog = await readCatalog(client)
      expect(catalog.objects.size).to.be.greaterThan(200)
    })
  })
}

const everyKind = [
  'access method',
  'aggregate',
  'cast',
  'collation',
  'column',
  'constraint',
  'conversion',
  'database',
  'database setting',
  'default privileges',
  'domain',
  'domain constraint',
  'event trigger',
  'extension',
  'foreign data wrapper',
  'foreign table',
  'function',
  'index',
  'large objects',
  'materialized view',
  'operator',
  'operator class',
  'operator family',
  'policy',
  'procedure',
  'publication',
  'publication schema',
  'publication table',
  'rule',
  'schema',
  'sequence',
  'server',
  'statistics',
  'subscription',
  'table',
  'text search configuration',
  'text search dictionary',
  'trigger',
  'type',
  'user mapping',
  'view',
]
