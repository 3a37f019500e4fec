import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import type { Server } from '../engines/engine.ts'
import type { MigrationSource } from '../plan.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Run } from '../runs/run.ts'
import { sharedServer } from '../testing/server.ts'
import { readDotenvFiles } from './dotenv-files.ts'
import { childEnvironment, nowhere } from './environment.ts'
import { runMigrator } from './migrator.ts'
import type { MigratorOptions, MigratorRequest } from './migrator.ts'
import type { MigratorOutcome } from './outcome.ts'
import { endSessions } from './sessions.ts'

const nodeModules = fileURLToPath(new URL('../../node_modules', import.meta.url))
const tracked = new Set<number>()
const run = { track: (pid: number) => tracked.add(pid), untrack: (pid: number) => tracked.delete(pid) }

describe('migrator', () => {
  let server: Server
  let connection: Connection
  let folder: string
  let databases = 0

  before(async () => {
    server = await sharedServer()
  })

  beforeEach(async () => {
    const name = `migrator_${process.pid}_${(databases += 1)}`
    await server.createDatabase(name)
    connection = server.connection(name)
    folder = await mkdtemp(join(tmpdir(), 'migrator-test-'))
  })

  afterEach(async () => {
    const { rows } = await withClient(connection, (client) =>
      client.query(`select pid from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`),
    )
    expect(rows, 'sessions left').to.deep.equal([])
    expect([...tracked], 'processes left').to.deep.equal([])
    await server.dropDatabase(connection.database)
    await rm(folder, { recursive: true })
  })

  /** Lays out an app with these files and Kysely as `kysely` of its node_modules. */
  async function app(files: Record<string, string>, kysely = 'kysely'): Promise<void> {
    await mkdir(join(folder, 'node_modules'))
    await symlink(join(nodeModules, kysely), join(folder, 'node_modules/kysely'))
    await symlink(join(nodeModules, 'pg'), join(folder, 'node_modules/pg'))
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
  }

  function source(path: string, more: Partial<MigrationSource> = {}): MigrationSource {
    const defaults = {
      exportName: undefined,
      tableName: undefined,
      tableSchema: undefined,
      allowUnordered: false,
    }
    return { ...defaults, ...more, path: join(folder, path) }
  }

  async function rehearse(
    operation: MigratorRequest['operation'],
    from: MigrationSource,
    more: { steps?: number; options?: Partial<MigratorOptions> } = {},
  ): Promise<MigratorOutcome> {
    const target = operation === 'list' ? nowhere : connection
    const environment = childEnvironment({
      connection: target,
      protectedUrls: {},
      base: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      dotenvFiles: [],
    })
    return runMigrator(
      { operation, source: from, steps: more.steps ?? 0 },
      {
        connection: target,
        environment,
        cwd: folder,
        stallTimeoutMs: 10_000,
        run: run as unknown as Run,
        ...more.options,
      },
    )
  }

  async function tables(): Promise<string[]> {
    const { rows } = await withClient(connection, (client) =>
      client.query<{ name: string }>(
        "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
      ),
    )
    return rows.map(({ name }) => name).filter((name) => !name.startsWith('kysely'))
  }

  describe('hand-over', () => {
    it('takes a folder, in TypeScript, with path aliases, and names what is no migration', async () => {
      await app({
        'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
        'src/names.ts': "export enum Table { One = 'one' }",
        'src/other.ts': "export const other = 'two'",
        'migrations/001_one.ts': `import type { Kysely } from 'kysely'
          import { Table } from '@/names'
          export async function up(db: Kysely<unknown>): Promise<void> { await db.schema.createTable(Table.One).execute() }
          export async function down(db: Kysely<unknown>) { await db.schema.dropTable(Table.One).execute() }`,
        'migrations/002_two.mts': `import { Kysely } from 'kysely'
          import { other } from '../src/other.js'
          export default { async up(db: Kysely<any>) { await db.schema.createTable(other).execute() }, down: async () => {} }`,
        'migrations/003_three.cjs': `exports.up = (db) => db.schema.createTable('three').execute()`,
        'migrations/types.d.ts': 'export {}',
        'migrations/helper.ts': 'export const nothing = 1',
        'migrations/notes.md': '# notes',
      })
      const listed = await rehearse('list', source('migrations'))
      expect(listed.ended).to.equal('done')
      expect(listed.loaded.kyselyVersion).to.match(/^0\.29\./)
      expect(listed.loaded.ignored).to.have.members(['types.d.ts', 'helper.ts', 'notes.md'])
      expect(listed.listed).to.deep.equal([
        { name: '001_one', hasDown: true, emptyDown: false, executedAt: null },
        { name: '002_two', hasDown: true, emptyDown: true, executedAt: null },
        { name: '003_three', hasDown: false, emptyDown: false, executedAt: null },
      ])

      const up = await rehearse('up', source('migrations'))
      expect(up.error).to.equal(null)
      expect(up.results.map(({ status }) => status)).to.deep.equal(['success', 'success', 'success'])
      expect(up.runs.map(({ migration }) => migration)).to.deep.equal(['001_one', '002_two', '003_three'])
      for (const { observation, startedAt, endedAt, late } of up.runs) {
        expect(observation).to.deep.equal({
          inTransaction: true,
          threw: false,
          committedInside: false,
          unawaited: [],
          settingsLeft: [],
        })
        expect(endedAt).to.be.greaterThan(startedAt)
        expect(late).to.deep.equal([])
      }
      expect(await tables()).to.deep.equal(['one', 'three', 'two'])
    })

    it('takes a record of migrations whose names are not file names', async () => {
      await app({
        'index.ts': `export const migrations = {
          'b:second.': { up: async (db: any) => { await db.schema.createTable('b').execute() }, down: async () => { /* later */ } },
          '_first': { up: async (db: any) => { await db.schema.createTable('a').execute() } },
        }`,
      })
      const { listed, loaded } = await rehearse(
        'up',
        source('index.ts', { tableName: 'history', tableSchema: 'ops' }),
      )
      expect(loaded).to.include({ table: 'history', tableSchema: 'ops', observed: true })
      expect(listed.map(({ name, emptyDown }) => [name, emptyDown])).to.deep.equal([
        ['_first', false],
        ['b:second.', true],
      ])
      expect(listed.every(({ executedAt }) => executedAt !== null)).to.equal(true)
      const { rows } = await withClient(connection, (client) =>
        client.query('select name from ops.history order by 1'),
      )
      expect(rows).to.have.length(2)
    })

    it('takes a CommonJS provider', async () => {
      await app({
        'provider.cjs': `module.exports.provider = { getMigrations: async () => ({
          one: { up: async (db) => { await db.schema.createTable('one').execute() } } }) }`,
      })
      const { results } = await rehearse('up', source('provider.cjs'))
      expect(results).to.deep.equal([{ name: 'one', direction: 'up', status: 'success' }])
    })

    for (const [kysely, migration] of [
      ['kysely', 'kysely/migration'],
      ['kysely-0.28', 'kysely'],
    ] as const) {
      it(`takes a function to the app's own Migrator, of ${kysely}, with its plugins and options`, async () => {
        await app(
          {
            'package.json': '{ "type": "module" }',
            'migrator.ts': `import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
              import { Migrator } from '${migration}'
              import pg from 'pg'
              export default async function (connectionString: string): Promise<Migrator> {
                const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString }) })
                const db = new Kysely<any>({ dialect, plugins: [new CamelCasePlugin()] })
                return new Migrator({ db, migrationTableName: 'appMigrations', allowUnorderedMigrations: true,
                  provider: { getMigrations: async () => ({
                    b: { up: async (db: any) => { await db.schema.createTable('twoWords').execute() }, down: async (db: any) => {} },
                    a: { up: async () => {} } }) } })
              }`,
          },
          kysely,
        )
        const listed = await rehearse('list', source('migrator.ts'))
        expect(listed.listed.map(({ name, hasDown, emptyDown }) => [name, hasDown, emptyDown])).to.deep.equal(
          [
            ['a', false, false],
            ['b', true, true],
          ],
        )
        const up = await rehearse('up', source('migrator.ts'))
        expect(up.error).to.equal(null)
        expect(up.loaded).to.include({ table: 'app_migrations', tableSchema: null, observed: true })
        expect(up.loaded.kyselyVersion).to.match(kysely === 'kysely' ? /^0\.29\./ : /^0\.28\./)
        expect(up.runs.map(({ migration: name }) => name)).to.deep.equal(['a', 'b'])
        expect(await tables()).to.deep.equal(['app_migrations', 'two_words'])
      })
    }

    it('runs a folder with the Kysely 0.28 of its app', async () => {
      await app(
        {
          '001.ts': `import { sql } from 'kysely'
            export const up = (db: any) => sql\`create table old_one ()\`.execute(db)
            export const down = (db: any) => sql\`drop table old_one\`.execute(db)`,
        },
        'kysely-0.28',
      )
      const path = source('')
      const up = await rehearse('up', path)
      expect(up.error).to.equal(null)
      expect(up.loaded.kyselyVersion).to.match(/^0\.28\./)
      expect(up.runs[0]?.observation).to.include({ inTransaction: true, committedInside: false })
      expect(await tables()).to.deep.equal(['old_one'])
      const down = await rehearse('down', path, { steps: 1 })
      expect(down.results).to.deep.equal([{ name: '001', direction: 'down', status: 'success' }])
      expect(await tables()).to.deep.equal([])
    })

    const unloadable = [
      ['no such path', {}, 'nowhere', 'migrations-not-found', /nowhere/],
      ['an empty folder', { 'm/notes.md': '' }, 'm', 'no-migrations', /no migrations/],
      [
        'exports that do not fit',
        { 'x.ts': 'export const a = 1, b = 2' },
        'x.ts',
        'migrations-not-exported',
        /a, b/,
      ],
      [
        'an import that is not there',
        { 'm/1.ts': "import './gone.ts'\nexport const up = 1" },
        'm',
        'migration-not-loaded',
        /1\.ts.*gone/,
      ],
      [
        'an import that throws',
        { 'm/1.mjs': "throw new Error('KEY is not set')" },
        'm',
        'migration-not-loaded',
        /KEY is not set/,
      ],
      ['a syntax error', { 'm/1.ts': 'export const up = 1 +' }, 'm', 'migration-not-loaded', /1\.ts/],
      [
        'a function that returns nothing',
        { 'x.ts': 'export default () => 1' },
        'x.ts',
        'no-migrator',
        /no Migrator/,
      ],
      ['an import that exits', { 'm/1.ts': 'process.exit(0)' }, 'm', 'migrations-not-loaded', /exit code 0/],
    ] as const
    for (const [what, files, path, code, message] of unloadable) {
      it(`says what to do about ${what}`, async () => {
        await app(files)
        const error = await rehearse('list', source(path)).catch((thrown: unknown) => thrown)
        expect(error).to.include({ name: 'HarnessError', code })
        expect(error).to.have.property('message').that.matches(message)
      })
    }

    it('says where Kysely is missing', async () => {
      await writeFile(join(folder, 'package.json'), '{}')
      await mkdir(join(folder, 'm'))
      await writeFile(join(folder, 'm/1.ts'), 'export const up = () => {}')
      const error = await rehearse('list', source('m')).catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'kysely-not-installed' })
      expect(error).to.have.property('hint').that.includes(`npm i kysely\` in ${folder}.`)
    })

    it('gives up on an import that never ends', async () => {
      await app({ 'm/1.mjs': 'setInterval(() => {}, 1000); await new Promise(() => {})' })
      const options = { loadTimeoutMs: 1500 }
      const error = await rehearse('list', source('m'), { options }).catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'migrations-load-timeout' })
    })
  })

  /** An app of one folder `m`, each migration's body by its name. */
  async function migrations(
    bodies: Record<string, string | { up: string; down: string | null }>,
  ): Promise<MigrationSource> {
    const files = Object.entries(bodies).map(([name, body]) => {
      const { up, down } = typeof body === 'string' ? { up: body, down: '' } : body
      const downSource = down === null ? '' : `export async function down(db: any) { ${down} }`
      return [
        `m/${name}.ts`,
        `import { sql } from 'kysely'\nexport async function up(db: any) { ${up} }\n${downSource}`,
      ]
    })
    await app({ 'package.json': '{ "type": "module" }', ...Object.fromEntries(files) })
    return source('m')
  }

  describe('operations', () => {
    it('reads the state, goes up from it, and comes down step by step', async () => {
      const from = await migrations({
        a: { up: 'await sql`create table a ()`.execute(db)', down: 'await sql`drop table a`.execute(db)' },
        b: { up: 'await sql`create table b ()`.execute(db)', down: 'await sql`drop table b`.execute(db)' },
      })
      const before = await rehearse('state', from)
      expect(before.listed.map(({ name, executedAt }) => [name, executedAt])).to.deep.equal([
        ['a', null],
        ['b', null],
      ])
      await rehearse('up', from)
      const after = await rehearse('state', from)
      expect(after.listed.every(({ executedAt }) => executedAt !== null)).to.equal(true)
      const one = await rehearse('down', from, { steps: 1 })
      expect(one.results.map(({ name }) => name)).to.deep.equal(['b'])
      expect(one.listed.map(({ executedAt }) => executedAt !== null)).to.deep.equal([true, false])
      const again = await rehearse('up', from)
      expect(again.results.map(({ name }) => name)).to.deep.equal(['b'])
      const both = await rehearse('down', from, { steps: 2 })
      expect(both.runs.map(({ migration, direction }) => [migration, direction])).to.deep.equal([
        ['b', 'down'],
        ['a', 'down'],
      ])
      expect(await tables()).to.deep.equal([])
    })

    it('stops at a migration without a down', async () => {
      const from = await migrations({ a: '', b: { up: '', down: null } })
      await rehearse('up', from)
      const down = await rehearse('down', from, { steps: 2 })
      expect(down.results).to.deep.equal([{ name: 'b', direction: 'down', status: 'not-executed' }])
      expect(down.error).to.equal(null)
      expect(down.listed.every(({ executedAt }) => executedAt !== null)).to.equal(true)
    })

    it('reports an error with what Postgres says, and the truth about the batch', async () => {
      const from = await migrations({
        a: 'await sql`create table a ()`.execute(db)',
        b: 'await sql`select * from missing`.execute(db)',
        c: '',
      })
      const up = await rehearse('up', from)
      expect(up.ended).to.equal('done')
      expect(up.results.map(({ status }) => status)).to.deep.equal(['success', 'error', 'not-executed'])
      expect(up.listed.map(({ executedAt }) => executedAt)).to.deep.equal([null, null, null])
      expect(up.error?.fields).to.include({ code: '42P01', position: '15' })
      expect(up.runs.map(({ observation }) => observation?.threw)).to.deep.equal([false, true])
      expect(await tables()).to.deep.equal([])
    })
  })

  describe('observation', () => {
    it('sees a commit inside, also when a later statement fails', async () => {
      const from = await migrations({
        a: 'await sql`create table a ()`.execute(db); await sql`commit`.execute(db); await sql`begin`.execute(db)',
        b: '',
        c: 'await sql`commit`.execute(db); await sql`nonsense`.execute(db)',
      })
      const up = await rehearse('up', from)
      expect(up.runs.map(({ observation }) => observation?.committedInside)).to.deep.equal([
        true,
        false,
        true,
      ])
      expect(await tables()).to.deep.equal(['a'])
    })

    it('sees a query that was not awaited, and one begun later still', async () => {
      const from = await migrations({
        a: 'void sql`select pg_sleep(0.2)`.execute(db).then(() => sql`create table late ()`.execute(db)).catch(() => {})',
      })
      const up = await rehearse('up', from)
      expect(up.runs[0]?.observation?.unawaited).to.deep.equal(['select pg_sleep(0.2)'])
      expect(up.runs[0]?.late).to.deep.equal(['create table late ()'])
    })

    it('does not take a failed query, caught and awaited, for one that still runs', async () => {
      const from = await migrations({
        a: `await sql\`savepoint s\`.execute(db)
          await db.withSchema('nowhere').selectFrom('nothing').selectAll().execute().catch(() => {})
          await sql\`rollback to s\`.execute(db)`,
      })
      const up = await rehearse('up', from)
      expect(up.error).to.equal(null)
      expect(up.runs[0]?.observation).to.include({ threw: false, committedInside: false })
      expect(up.runs[0]?.observation?.unawaited).to.deep.equal([])
    })

    it('sees settings left, and which of them outlive the transaction', async () => {
      const from = await migrations({
        a: "await sql`set search_path = pg_catalog, public`.execute(db); await sql`set local lock_timeout = '5s'`.execute(db)",
        b: 'await sql`set local role none`.execute(db)',
      })
      const up = await rehearse('up', from)
      expect(up.error).to.equal(null)
      const path = { name: 'search_path', value: 'pg_catalog, public' }
      expect(up.runs[0]?.observation?.settingsLeft).to.have.deep.members([
        path,
        { name: 'lock_timeout', value: '5000' },
      ])
      expect(up.runs[1]?.observation?.settingsLeft).to.deep.equal([])
      expect(up.settingsKept).to.deep.equal([path])
    })

    it('knows a migrator without transactions', async () => {
      await app({
        'migrator.mts': `import { Kysely, PostgresDialect } from 'kysely'
          import { Migrator } from 'kysely/migration'
          import pg from 'pg'
          export const migrator = (connectionString: string) => new Migrator({
            db: new Kysely<any>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }) }),
            disableTransactions: true,
            provider: { getMigrations: async () => ({ a: { up: async (db: any) => {
              await db.transaction().execute((trx: any) => trx.schema.createTable('a').execute())
              void db.schema.createTable('b').execute()
            } } }) } })`,
      })
      const up = await rehearse('up', source('migrator.mts'))
      expect(up.error).to.equal(null)
      expect(up.runs[0]?.observation).to.include({ inTransaction: false, committedInside: false })
      expect(up.runs[0]?.observation?.unawaited).to.deep.equal(['create table "b" ()'])
    })

    it('does not report queries that go on after a throw', async () => {
      const from = await migrations({
        a: `await Promise.all([
          sql\`select pg_sleep(0.2)\`.execute(db).then(() => sql\`select 1\`.execute(db)).catch(() => {}),
          Promise.reject(new Error('first'))])`,
      })
      const up = await rehearse('up', from)
      expect(up.error?.message).to.equal('first')
      expect(up.runs[0]).to.deep.include({ late: [] })
      expect(up.runs[0]?.observation).to.deep.include({ threw: true, unawaited: [] })
    })

    it('keeps what migrations print', async () => {
      const from = await migrations({ a: "console.log('backfilling'); console.error('careful')" })
      expect((await rehearse('up', from)).output)
        .to.include('backfilling')
        .and.to.include('careful')
    })

    it('tells as it goes', async () => {
      const from = await migrations({ a: '', b: '' })
      const kinds: string[] = []
      await rehearse('up', from, { options: { onMessage: ({ kind }) => kinds.push(kind) } })
      expect(kinds).to.deep.equal(['loaded', 'started', 'ended', 'started', 'ended', 'done'])
    })
  })

  describe('reach', () => {
    const protectedUrls = { PRODUCTION_URL: 'postgres://app:secret@localhost:1/shop' }

    it('leads a pool of the migration to the copy, whichever variable it takes', async () => {
      const from = await migrations({
        a: `const { default: pg } = await import('pg')
          process.loadEnvFile()
          for (const name of ['DATABASE_URL', 'SHOP_URL']) {
            const client = new pg.Client({ connectionString: process.env[name] })
            await client.connect()
            await client.query('create table ' + name + ' ()')
            await client.end()
          }`,
      })
      await writeFile(join(folder, '.env'), `SHOP_URL=${protectedUrls.PRODUCTION_URL}`)
      const dotenvFiles = await readDotenvFiles(folder)
      const environment = childEnvironment({ connection, protectedUrls, base: {}, dotenvFiles })
      const up = await rehearse('up', from, { options: { environment } })
      expect(up.error).to.equal(null)
      expect(await tables()).to.deep.equal(['database_url', 'shop_url'])
    })

    it('refuses a protected server that the migration spells out itself', async () => {
      const from = await migrations({
        a: `const { default: pg } = await import('pg')
          await new pg.Client('postgres://app:secret@127.0.0.1:1/shop').connect()`,
      })
      const environment = childEnvironment({ connection, protectedUrls, base: {}, dotenvFiles: [] })
      const up = await rehearse('up', from, { options: { environment } })
      expect(up.error?.fields).to.include({ code: 'ERR_PG_REHEARSAL_BLOCKED' })
      expect(up.output).to.include('PG_REHEARSAL_BLOCKED')
    })
  })

  describe('endings', () => {
    it('sees process.exit inside a migration', async () => {
      const from = await migrations({ a: 'await sql`create table a ()`.execute(db); process.exit(0)' })
      const up = await rehearse('up', from)
      expect(up).to.include({ ended: 'exited', exitCode: 0 })
      expect(up.runs[0]).to.include({ migration: 'a', endedAt: null })
      expect(await tables()).to.deep.equal([])
    })

    it('ends as production does at a rejection that nobody handles', async () => {
      const from = await migrations({
        a: `await sql\`create table a ()\`.execute(db)
          Promise.reject(new Error('nobody cares')); await sql\`select pg_sleep(5)\`.execute(db)`,
      })
      const up = await rehearse('up', from)
      expect(up).to.include({ ended: 'failed', exitCode: 1 })
      expect(up.error?.message).to.equal('nobody cares')
      expect(await tables()).to.deep.equal([])
    })

    it('explains a deadlock of two connections of a migration', async () => {
      const from = await migrations({
        a: `const { default: pg } = await import('pg')
          await sql\`create table a (id int)\`.execute(db)
          await sql\`alter table b add column c int\`.execute(db)
          await new pg.Pool({ connectionString: process.env.DATABASE_URL }).query('select count(*) from b')`,
      })
      await withClient(connection, (client) => client.query('create table b (id int)'))
      const up = await rehearse('up', from, { options: { stallTimeoutMs: 1000 } })
      expect(up.ended).to.equal('stalled')
      expect(up.runs[0]).to.include({ migration: 'a', endedAt: null })
      expect(up.stall).to.include({ kind: 'self-deadlock' })
      expect(up.stall?.message)
        .to.include('waits for ACCESS SHARE on table b to run "select count(*) from b"')
        .and.to.include('on which it holds ACCESS EXCLUSIVE')
        .and.to.include('"alter table b add column c int"')
      expect(await tables()).to.deep.equal(['b'])
    })

    it('explains a deadlock over a row', async () => {
      const from = await migrations({
        a: `const { default: pg } = await import('pg')
          await sql\`update b set id = 2\`.execute(db)
          await new pg.Pool().query('update b set id = 3')`,
      })
      await withClient(connection, (client) => client.query('create table b as select 1 as id'))
      const up = await rehearse('up', from, { options: { stallTimeoutMs: 1000 } })
      expect(up.stall).to.include({ kind: 'self-deadlock' })
      expect(up.stall?.message).to.include('waits for a row of b to run "update b set id = 3"')
    })

    it('explains a promise that never settles', async () => {
      const from = await migrations({
        a: 'await sql`create table a ()`.execute(db); await new Promise(() => {})',
      })
      const up = await rehearse('up', from, { options: { stallTimeoutMs: 1000 } })
      expect(up.ended).to.equal('stalled')
      expect(up.stall).to.include({ kind: 'outside-wait' })
      expect(await tables()).to.deep.equal([])
    })

    it('lets a statement that merely takes long run to its end', async () => {
      const from = await migrations({ a: 'await sql`select pg_sleep(2.5)`.execute(db)' })
      const up = await rehearse('up', from, { options: { stallTimeoutMs: 1000 } })
      expect(up.ended).to.equal('done')
    })

    it('ends when it is told to', async () => {
      const from = await migrations({ a: 'await sql`select pg_sleep(30)`.execute(db)' })
      const stop = new AbortController()
      const onMessage: MigratorOptions['onMessage'] = ({ kind }) => {
        if (kind === 'started') setTimeout(() => stop.abort(new Error('interrupted')), 200)
      }
      const options = { signal: stop.signal, onMessage }
      const error = await rehearse('up', from, { options }).catch((thrown: unknown) => thrown)
      expect(error).to.include({ message: 'interrupted' })
    })

    it('ends by itself when the harness is killed', async () => {
      const from = await migrations({ a: 'console.log(1); await sql`select pg_sleep(3)`.execute(db)' })
      const request = { operation: 'up', source: from, steps: 0 }
      const environment = childEnvironment({ connection, protectedUrls: {}, base: {}, dotenvFiles: [] })
      const code = `import { runMigrator } from ${JSON.stringify(new URL('migrator.ts', import.meta.url))}
        await runMigrator(${JSON.stringify(request)}, { ...${JSON.stringify({ connection, environment, cwd: folder })},
          stallTimeoutMs: 10_000, run: { track: (pid) => console.log(pid), untrack() {} },
          onMessage: ({ kind }) => console.log(kind) })`
      const parent = execa(process.execPath, ['--input-type=module', '--eval', code], { reject: false })
      let pid = 0
      for await (const line of parent) {
        if (/^\d+$/.test(line)) pid = Number(line)
        if (line === 'started') parent.kill('SIGKILL')
      }
      expect(pid).to.be.greaterThan(0)
      for (let tries = 0; tries < 100 && isAlive(pid); tries += 1) await pause(20)
      expect(isAlive(pid)).to.equal(false)
      await withClient(connection, (client) => endSessions(client, 0))
    })

    it('leaves alone the sessions of the harness', async () => {
      const own = await connect(connection)
      try {
        const from = await migrations({ a: 'process.exit(3)' })
        expect(await rehearse('up', from)).to.include({ ended: 'exited', exitCode: 3 })
        expect((await own.query('select 1 as one')).rows).to.have.length(1)
      } finally {
        await own.end()
      }
    })
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
