import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import { urlOf } from '../postgres/url.ts'
import { sharedServer } from '../testing/server.ts'
import { listDatabases } from './list-databases.ts'

describe('a query that lists databases', () => {
  let server: Server
  let url = ''

  before(async () => {
    server = await sharedServer()
    const connection = server.connection('postgres')
    await withClient(connection, async (client) => {
      await client.query('drop table if exists fleet_tenants')
      await client.query(
        `create table fleet_tenants as select 'tenant-' || id as name, 14 + id as major from generate_series(1, 3) id`,
      )
    })
    url = urlOf(connection)
  })

  after(async () => {
    await withClient(server.connection('postgres'), async (client) => {
      await client.query('drop table fleet_tenants')
    })
  })

  const ask = async (query: string) =>
    await listDatabases(
      { query, urlVariable: 'TENANTS_URL' },
      { cwd: '/', environment: { TENANTS_URL: url } },
    )

  it('gives a row for each, numbers as numbers and the rest as text', async () => {
    expect(await ask('select * from fleet_tenants where major > 15 order by name')).to.deep.equal([
      { name: 'tenant-2', major: 16 },
      { name: 'tenant-3', major: 17 },
    ])
  })

  for (const query of [
    'delete from fleet_tenants returning name',
    'set transaction read write; delete from fleet_tenants',
    'rollback; delete from fleet_tenants',
    'select nothing from nowhere',
  ]) {
    it(`is refused, and changes nothing: ${query}`, async () => {
      const error = await ask(query).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HarnessError).with.property('code', 'fleet-list-failed')
      expect(String(error)).not.to.contain(url)
      expect(await ask('select name from fleet_tenants')).to.have.length(3)
    })
  }

  it('says which variable is not set', async () => {
    const error = await listDatabases(
      { query: 'select 1', urlVariable: 'TENANTS_URL' },
      { cwd: '/', environment: {} },
    ).catch(String)
    expect(error).to.contain('TENANTS_URL is not set')
  })
})
