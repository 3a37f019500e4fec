import { expect } from 'chai'
import type { QueryResultRow } from 'pg'
import { HarnessError } from '../errors.ts'
import { connect, withClient } from '../postgres/client.ts'
import { sharedServer } from '../testing/server.ts'
import type { Server } from './engine.ts'
import { createDatabase } from './sql-databases.ts'

describe('databases made by SQL', () => {
  let server: Server

  before(async () => {
    server = await sharedServer()
  })

  it('are empty, in UTF8, whatever their name', async () => {
    const name = `it's "a" täble; drop`
    await server.createDatabase(name)
    expect(await ask(server, name, 'select current_database() as name')).to.deep.equal([{ name }])
    expect(
      await ask(server, name, `select 1 from pg_class where relnamespace = 'public'::regnamespace`),
    ).to.have.length(0)
    await server.dropDatabase(name)
    expect(await ask(server, 'postgres', `select 1 from pg_database where datname ~ 'drop'`)).to.have.length(
      0,
    )
  })

  for (const [encoding, expected] of [
    ['LATIN1', 'LATIN1'],
    ['WIN1252', 'WIN1252'],
    ['SQL_ASCII', 'SQL_ASCII'],
    ['EUC_JP', 'EUC_JP'],
    ['UTF-8', 'UTF8'],
    ['Shift_JIS_2004', 'UTF8'],
    ['GBK', 'UTF8'],
  ] as const) {
    it(`asked for in ${encoding} are in ${expected}`, async () => {
      await server.createDatabase('encoded', { encoding })
      const sql =
        'select pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()'
      expect(await ask(server, 'encoded', sql)).to.deep.equal([{ encoding: expected }])
      await server.dropDatabase('encoded')
    })
  }

  it('carry the comment that was asked for', async () => {
    await createDatabase(server.connection('postgres'), 'commented', { comment: `it's "ours"` })
    const sql = `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = 'commented'`
    expect(await ask(server, 'postgres', sql)).to.deep.equal([{ comment: `it's "ours"` }])
    await server.dropDatabase('commented')
  })

  it('say why they cannot be made', async () => {
    const error = await server.createDatabase('postgres').catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(HarnessError)
    expect(String(error)).to.contain('already exists')
  })

  it('are dropped while somebody is connected, and again when they are gone', async () => {
    await server.createDatabase('busy')
    const client = await connect(server.connection('busy'))
    await server.dropDatabase('busy')
    await server.dropDatabase('busy')
    await client.end().catch(() => {})
  })
})

describe('a clone', () => {
  it('has the data and the settings of its source, whose lingering session of ours is ended', async () => {
    const server = await sharedServer()
    await server.createDatabase('source db')
    const client = await connect(server.connection('source db'))
    await client.query(`
      create table t as select i, md5(i::text) as m from generate_series(1, 1000) i;
      create role "clone's role";
      alter database "source db" set search_path to "My Own", '$user', public;
      alter database "source db" set work_mem to '7MB';
      alter database "source db" set "app.tenant" to 'it''s';
      alter database "source db" set default_transaction_read_only to on;
      alter role "clone's role" in database "source db" set statement_timeout to '3s'`)
    await server.cloneDatabase('source db', 'clone db')
    await client.end().catch(() => {})
    expect(await ask(server, 'clone db', 'select count(*) as rows from public.t')).to.deep.equal([
      { rows: '1000' },
    ])
    const settings = `
      select coalesce(r.rolname, '') as role, s.setconfig::text as settings
        from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase left join pg_roles r on r.oid = s.setrole
       where d.datname = current_database() order by 1`
    const source = await ask(server, 'source db', settings)
    expect(source).to.have.length(2)
    expect((await ask(server, 'clone db', settings)).map(sorted)).to.deep.equal(source.map(sorted))
    await server.dropDatabase('clone db')
    await server.dropDatabase('source db')
  })
})

function sorted({ role, settings }: QueryResultRow): unknown {
  return {
    role,
    settings: String(settings)
      .slice(1, -1)
      .split(/,(?=\w)|,(?="\w+=)/)
      .toSorted(),
  }
}

async function ask(server: Server, database: string, sql: string): Promise<QueryResultRow[]> {
  return await withClient(server.connection(database), async (client) => (await client.query(sql)).rows)
}
