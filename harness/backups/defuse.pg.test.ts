import { expect } from 'chai'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { embedded } from '../engines/embedded.ts'
import type { Server } from '../engines/engine.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { dockerTools } from '../testing/dump.ts'
import { session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, sharedServer, testServers } from '../testing/server.ts'
import { createRoles } from './create-roles.ts'
import { defuse } from './defuse.ts'
import { openBackup } from './index.ts'

describe('a copy with a subscription and a foreign server', function () {
  this.timeout(120_000)
  let production: Server
  let run: Run
  let home = ''

  before(async () => {
    run = await openRun()
    home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    production = await embedded.start({ major: undefined, image: undefined, serverUrl: undefined, run })
    await using client = await session(production, 'postgres')
    await client.query('create database spied')
    await client.query('alter system set log_connections = on')
    await client.query('select pg_reload_conf()')
    await using spied = await session(production, 'spied')
    await spied.query('create table far as select 1 as n; create publication pub for table far')
  })

  after(async () => {
    await production?.stop()
    await run.dispose()
    await rm(home, { recursive: true })
  })

  function backup(): string {
    const { host, port, user, password } = production.connection('spied')
    return `CREATE EXTENSION postgres_fdw;
CREATE SERVER prod FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${host}', port '${port}', dbname 'spied');
CREATE USER MAPPING FOR CURRENT_USER SERVER prod OPTIONS (user '${user}', password '${password}', password_required 'false');
CREATE FOREIGN TABLE far (n integer) SERVER prod;
CREATE TABLE near (n integer);
CREATE SUBSCRIPTION defused_test CONNECTION 'host=${host} port=${port} dbname=spied user=${user} password=${password}' PUBLICATION pub WITH (create_slot = true, slot_name = 'defused_test');
ALTER SUBSCRIPTION defused_test ENABLE;
`
  }

  /** How often somebody connected to production's database, by its own log. */
  async function connections(): Promise<number> {
    await using client = await session(production, 'postgres')
    const { rows } = await client.query<{ value: string }>(
      `select current_setting('data_directory') as value`,
    )
    const log = await readFile(join(dirname(rows[0]?.value ?? ''), 'server.log'), 'utf8')
    return log.match(/connection authorized: .*database=spied/g)?.length ?? 0
  }

  async function restored(copy: Server, path: string, builtIn: boolean): Promise<string> {
    const { file, format } = await openBackup(path)
    const facts = await format.describe(file, { schema: undefined, name: 'm' })
    const database = `defused_${Math.random().toString(36).slice(2)}`
    await copy.createDatabase(database)
    const used: Server = builtIn ? { ...copy, toolVersion: () => Promise.resolve(undefined) } : copy
    const { signal } = new AbortController()
    await format.restore({ file, facts, server: used, database, signal, onProgress: () => {} })
    return database
  }

  async function dropped(copy: Server, database: string): Promise<void> {
    await using client = await session(copy, database)
    await client.query('drop subscription if exists defused_test')
    await client.end()
    await copy.dropDatabase(database)
  }

  it('would connect to it without being defused', async () => {
    const copy = await sharedServer()
    await copy.createDatabase('not_defused')
    await using client = await session(copy, 'not_defused')
    const before = await connections()
    await client.query(backup().split('\n').slice(0, 4).join('\n'))
    await client.query('select * from far')
    expect(await connections()).to.be.above(before)
    await client.end()
    await copy.dropDatabase('not_defused')
  })

  for (const builtIn of [false, true]) {
    it(`makes no connection to it, loaded ${builtIn ? 'without' : 'with'} psql`, async () => {
      const copy = await sharedServer()
      const path = join(home, 'backup.sql')
      await writeFile(path, backup())
      const before = await connections()
      const database = await restored(copy, path, builtIn)
      const lines = await defuse(copy.connection(database))
      expect(lines.map((line) => line.split(':')[0])).to.deep.equal([
        'subscription defused_test',
        'foreign server prod (postgres_fdw)',
        `user mapping of ${copy.connection(database).user} on prod`,
      ])
      await using client = await session(copy, database)
      const reading = await client.query('select * from far').catch((error: Error) => error.message)
      expect(reading).to.match(/could not connect to server "prod"/)
      const { rows } = await client.query<{ value: string }>(
        `select concat_ws(' ', subenabled, subslotname, subconninfo, (select string_agg(umoptions::text, '') from pg_user_mapping)) as value
           from pg_subscription where subname = 'defused_test'`,
      )
      expect(rows[0]?.value).to.equal('f host=/defused {user=defused,password=defused}')
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect(await connections()).to.equal(before)
      expect(await defuse(copy.connection(database))).to.have.lengthOf(3)
      await client.end()
      await dropped(copy, database)
    })
  }

  it('fills no materialized view from it while pg_restore runs, and says so', async function () {
    const copy = await sharedServer()
    const older = testServers.find(({ title }) => title === 'docker 15')
    const source = await serverOrSkip(older ?? this.skip(), this)
    const tools = (await dockerTools(source)) ?? this.skip()
    await source.createDatabase('defused_source')
    await using client = await session(source, 'defused_source')
    await client.query(backup().split('\n').slice(0, 4).join('\n'))
    // As if production had filled it: from here its server cannot be reached.
    await client.query('create materialized view seen as select * from far with no data')
    await client.query(`update pg_class set relispopulated = true where relname = 'seen'`)
    const path = await tools.dump('defused_source', 'custom', home)
    await client.end()
    await source.dropDatabase('defused_source')
    const before = await connections()
    const { file, format } = await openBackup(path)
    const facts = await format.describe(file, { schema: undefined, name: 'm' })
    const unusable = await format
      .checkTools(facts, (tool) => copy.toolVersion(tool))
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    if (unusable !== undefined) return this.skip()
    await createRoles(copy, facts.roles)
    await copy.createDatabase('defused_copy')
    const { signal } = new AbortController()
    const request = { file, facts, server: copy, database: 'defused_copy', signal, onProgress: () => {} }
    const { messages } = await format.restore(request)
    const lost = messages.filter(({ kind }) => kind === 'degraded').map(({ text }) => text)
    expect(lost).to.have.lengthOf(1)
    expect(lost[0]).to.match(/MATERIALIZED VIEW .*seen.*could not connect to server "prod"/)
    expect(await connections()).to.equal(before)
    await copy.dropDatabase('defused_copy')
  })
})
