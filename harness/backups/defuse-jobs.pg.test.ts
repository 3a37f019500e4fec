import { expect } from 'chai'
import { errorOf } from '../testing/error-of.ts'
import { session } from '../testing/kitchen-sink.ts'
import { sharedServer } from '../testing/server.ts'
import { createTablespaces } from './create-tablespaces.ts'
import { defuse, reachingExtensions } from './defuse.ts'
import { requireExtensions } from './extensions.ts'

describe('before and after a restore', function () {
  this.timeout(60_000)

  it('jobs are switched off and extensions that reach out are named', async () => {
    const server = await sharedServer()
    await server.createDatabase('jobs')
    {
      await using client = await session(server, 'jobs')
      await client.query(`create schema cron; create table cron.job (jobid int, jobname text, active boolean);
        insert into cron.job values (1, 'mail everybody', true), (2, null, true), (3, 'off already', false);
        create schema pgagent; create table pgagent.pga_job (jobname text, jobenabled boolean); create extension dblink;
        create extension file_fdw; create server files foreign data wrapper file_fdw;
        create foreign table hosts (line text) server files options (filename '/etc/hosts')`)
      expect(await defuse(server.connection('jobs'))).to.deep.equal([
        'foreign server files (file_fdw): its wrapper lost its handler',
        'pg_cron job mail everybody: switched off',
        'pg_cron job without a name: switched off',
      ])
      const { rows } = await client.query<{ count: string }>('select count(*) from cron.job where active')
      expect(rows[0]?.count).to.equal('0')
      const reading = await client.query('select * from hosts').catch((error: Error) => error.message)
      expect(reading).to.match(/has no handler/)
      expect(await reachingExtensions(server.connection('jobs'))).to.deep.equal(['dblink'])
    }
    await server.dropDatabase('jobs')
  })

  it('all extensions that the server lacks are named at once, with how to get them', async () => {
    const server = await sharedServer()
    await requireExtensions(server, ['citext', 'plpgsql'])
    const refusal = await errorOf(requireExtensions(server, ['citext', 'postgis', 'vector']))
    expect(refusal.code).to.equal('extension-missing')
    expect(refusal.message).to.include('extensions postgis, vector, which Postgres 17')
    expect(refusal.hint).to.match(
      /postgis\/postgis:17-3\.5.*pgvector\/pgvector:pg17.*postgresql-17-postgis-3 postgresql-17-pgvector/,
    )
    const one: unknown = await requireExtensions(server, ['timescaledb']).catch((error: unknown) => error)
    expect(one)
      .to.have.property('hint')
      .that.includes('--engine docker --image timescale/timescaledb:latest-pg17')
  })

  it('tablespaces are made, so that what lies in them has its place', async () => {
    const server = await sharedServer()
    expect(await createTablespaces(server, ['fast disk', 'pg_default'])).to.deep.equal(['fast disk'])
    expect(await createTablespaces(server, ['fast disk'])).to.deep.equal([])
    await server.createDatabase('spaces')
    {
      await using client = await session(server, 'spaces')
      await client.query('create table t tablespace "fast disk" as select 1 as n')
    }
    await server.cloneDatabase('spaces', 'spaces_2')
    await server.dropDatabase('spaces')
    {
      await using client = await session(server, 'spaces_2')
      const { rows } = await client.query<{ tablespace: string }>(
        `select tablespace from pg_tables where tablename = 't'`,
      )
      expect(rows[0]?.tablespace).to.equal('fast disk')
    }
    await server.dropDatabase('spaces_2')
    await using client = await session(server, 'postgres')
    await client.query('drop tablespace "fast disk"')
    const foreign = await createTablespaces({ ...server, owned: false }, ['fast disk']).catch(
      (error: unknown) => error,
    )
    expect(foreign).to.include({ code: 'missing-tablespaces' })
  })
})
