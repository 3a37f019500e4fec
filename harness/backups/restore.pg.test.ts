import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { errorOf } from '../testing/error-of.ts'
import { clientToolVersion, runClientTool } from '../postgres/client-tools.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import type { BackupFacts, RestoreMessage, RestoreOutcome } from './backup-format.ts'
import { createRoles } from './create-roles.ts'
import { withFastLoad } from './fast-load.ts'
import { openBackup } from './index.ts'
import { majorOf } from './versions.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))

for (const testServer of testServers) {
  describe(`restoring on ${testServer.title}`, () => {
    let server: Server
    const databases: string[] = []

    before(async function () {
      server = await serverOrSkip(testServer, this)
    })

    afterEach(async () => {
      for (const database of databases.splice(0)) await server.dropDatabase(database)
    })

    async function fresh(): Promise<string> {
      const name = `restored_${Math.random().toString(36).slice(2)}`
      await server.createDatabase(name)
      databases.push(name)
      return name
    }

    /** Restores into a new database; `builtIn` hides the server's tools. */
    async function restore(
      path: string,
      {
        builtIn = false,
        facts: changed = {},
        signal = new AbortController().signal,
        onProgress = (): void => {},
      }: {
        builtIn?: boolean
        facts?: Partial<BackupFacts>
        signal?: AbortSignal
        onProgress?: (bytes: number) => void
      } = {},
    ): Promise<{ database: string; outcome: RestoreOutcome; facts: BackupFacts }> {
      const { file, format } = await openBackup(path)
      const facts = {
        ...(await format.describe(file, { schema: undefined, name: 'kysely_migration' })),
        ...changed,
      }
      const database = await fresh()
      const used: Server = builtIn ? { ...server, toolVersion: () => Promise.resolve(undefined) } : server
      const outcome = await format.restore({ file, facts, server: used, database, onProgress, signal })
      return { database, outcome, facts }
    }

    async function restoreSql(
      sql: string | Buffer,
      options: { builtIn: boolean; facts?: Partial<BackupFacts> },
    ): ReturnType<typeof restore> {
      return await withTemporary(async (directory) => {
        const path = join(directory, 'backup')
        await writeFile(path, sql)
        return await restore(path, options)
      })
    }

    async function one(database: string, sql: string): Promise<string> {
      await using client = await session(server, database)
      const { rows } = await client.query<{ value: string }>(sql)
      return rows[0]?.value ?? 'no row'
    }

    it('brings the plain backup back the same with psql and without it', async function () {
      this.timeout(60_000)
      const { file, format } = await openBackup(fixture('comicscout.sql.gz'))
      const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
      await createRoles(server, facts.roles)
      const states = new Set<string>()
      for (const builtIn of [false, true]) {
        let read = 0
        const { database, outcome } = await restore(file.path, {
          builtIn,
          onProgress: (bytes) => (read = bytes),
        })
        if (builtIn) expect(outcome.method).to.equal('built-in loader')
        expect(degraded(outcome)).to.deep.equal([])
        expect(read).to.equal(file.bytes)
        states.add(await stateOf(server, database, facts.tables))
      }
      expect(states.size).to.equal(1)
      expect([...states][0]).to.match(/public.listings=[1-9]\d{3,}/)
    })

    it('brings the custom backup back with owners, grants and policies, or says which tool it needs', async function () {
      this.timeout(60_000)
      const { file, format } = await openBackup(fixture('comicscout.dump'))
      const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
      await createRoles(server, facts.roles)
      const tool = await format
        .checkTools(facts, (tool) => server.toolVersion(tool))
        .catch((error: unknown) => error)
      if (tool instanceof HarnessError) {
        expect(tool.code).to.be.oneOf(['old-pg-restore', 'no-pg-restore'])
        expect(await codeOf(restore(file.path))).to.equal(tool.code)
        return
      }
      const { database, outcome } = await restore(file.path)
      expect(outcome.method).to.equal(tool)
      expect(degraded(outcome)).to.deep.equal([])
      const plain = await restore(fixture('comicscout.sql.gz'), { builtIn: true })
      expect(await stateOf(server, database, facts.tables)).to.equal(
        await stateOf(server, plain.database, facts.tables),
      )
    })

    it('brings every kind of object back, as pg_dump sees it', async function () {
      this.timeout(60_000)
      const source = await kitchenSink(server)
      databases.push(source)
      const original = await dumpOf(source)
      if (original === undefined) {
        console.log('      skipped: no pg_dump as new as the server')
        return this.skip()
      }
      // The server words some expressions in another way when it has read its own words once.
      const dump = await dumpOf((await restoreSql(original, { builtIn: true })).database)
      expect(dump).to.be.a('string').that.has.lengthOf.above(50_000)
      for (const builtIn of [false, true]) {
        const { database, outcome } = await restoreSql(dump ?? '', { builtIn })
        expect(degraded(outcome)).to.deep.equal([])
        expect(withoutKeys(await dumpOf(database)) === withoutKeys(dump), 'the dumps are equal').to.equal(
          true,
        )
      }
    })

    /** Undefined where pg_dump is missing or older than the server. */
    async function dumpOf(database: string): Promise<string | undefined> {
      const version = await server.toolVersion('pg_dump')
      if (version === undefined || (majorOf(version) ?? 0) < server.major) return undefined
      const { exitCode, stdout, stderr } = await server.runTool('pg_dump', [], { database })
      expect(exitCode, stderr).to.equal(0)
      return stdout
    }

    for (const builtIn of [false, true]) {
      const how = builtIn ? 'the built-in loader' : 'psql'

      it(`with ${how}: leaves out what an empty database cannot have, and says so`, async () => {
        const sql = `SET no_such_setting = 0;
          ALTER TABLE ONLY public.t DROP CONSTRAINT t_pkey; DROP TABLE public.t; DROP SCHEMA public;
          CREATE SCHEMA public; CREATE TABLE public.t (a integer); DROP TABLE public.t; CREATE TABLE public.t (a text);
          COPY public.t (a) FROM stdin;\n1\n\\.\n`
        const { database, outcome } = await restoreSql(sql, { builtIn })
        expect(outcome.messages.map((message) => message.kind)).to.deep.equal(['benign', 'benign'])
        expect(await one(database, 'select a as value from public.t')).to.equal('1')
      })

      it(`with ${how}: keeps the bytes of another encoding`, async () => {
        const sql = `SET client_encoding = 'LATIN1';\nCREATE TABLE "zoë" (a text, b text DEFAULT 'é');\nCOPY "zoë" (a) FROM stdin;\nå\n\\.\nINSERT INTO "zoë" VALUES ('ü', 'ß');`
        const { database } = await restoreSql(Buffer.from(sql, 'latin1'), { builtIn })
        expect(
          await one(database, `select string_agg(a || b, ' ' order by b collate "C") as value from "zoë"`),
        ).to.equal('üß åé')
      })

      it(`with ${how}: stops at the first statement that fails, naming it`, async () => {
        const sql = 'CREATE TABLE a (x text);\nCREATE TABLE b (x no_such_type);\nCREATE TABLE c (x text);'
        const error = await errorOf(restoreSql(sql, { builtIn }))
        expect(error).to.include({ code: 'restore-failed' })
        expect(error.message).to.include('no_such_type').and.to.include('CREATE TABLE b')
      })

      it(`with ${how}: never takes the rows of a failed COPY for statements`, async () => {
        const sql =
          'CREATE TABLE a (x text);\nCOPY nothing (x) FROM stdin;\nDROP TABLE a;\n\\.\nCREATE TABLE c (x text);'
        expect((await errorOf(restoreSql(sql, { builtIn }))).message).to.include(
          'relation "nothing" does not exist',
        )
        expect(await one(databases.at(-1) ?? '', `select to_regclass('a')::text as value`)).to.equal('a')
      })

      it(`with ${how}: names the row that a COPY fails at`, async () => {
        const rows = '1\n'.repeat(200_000)
        const sql = `CREATE TABLE a (x integer);\nCOPY a (x) FROM stdin;\n${rows}x\n${rows}\\.\n`
        expect((await errorOf(restoreSql(sql, { builtIn }))).message).to.include('COPY a, line 200001')
      })

      it(`with ${how}: names an extension that is not there`, async () => {
        expect((await errorOf(restoreSql('CREATE EXTENSION no_such_thing;', { builtIn }))).hint).to.include(
          'no_such_thing',
        )
      })

      it(`with ${how}: says which tables are missing whatever the tool returned`, async () => {
        const facts = { tables: ['public.here', 'public.gone'] }
        const { outcome } = await restoreSql('CREATE TABLE here ();', { builtIn, facts })
        expect(degraded(outcome).map((message) => message.text)).to.deep.equal([
          'table public.gone is in the backup but not in the copy',
        ])
      })

      it(`with ${how}: says that the server went away, between statements and within COPY`, async () => {
        const between = 'CREATE TABLE a ();\nSELECT pg_terminate_backend(pg_backend_pid());\nSELECT 1;'
        expect(await codeOf(restoreSql(between, { builtIn }))).to.equal('server-gone')
        const function_ = `CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;`
        const trigger =
          'CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW WHEN (new.x = 5000) EXECUTE FUNCTION gone();'
        const rows = Array.from({ length: 500_000 }, (_, row) => `${row}\n`).join('')
        const within = `CREATE TABLE a (x integer);\n${function_}\n${trigger}\nCOPY a (x) FROM stdin;\n${rows}\\.\n`
        expect(await codeOf(restoreSql(within, { builtIn }))).to.equal('server-gone')
      })

      it(`with ${how}: does not begin when told to end before`, async () => {
        const ended = AbortSignal.abort(new Error('enough'))
        const restoring = restore(fixture('comicscout.sql.gz'), { builtIn, signal: ended })
        expect(await restoring.catch((error: unknown) => error)).to.have.property('message', 'enough')
      })

      it(`with ${how}: ends when told to`, async () => {
        const ending = new AbortController()
        setTimeout(() => ending.abort(new Error('enough')), 300)
        const startedAt = Date.now()
        const restoring = withTemporary(async (directory) => {
          await writeFile(join(directory, 'backup'), 'select pg_sleep(20);')
          return await restore(join(directory, 'backup'), { builtIn, signal: ending.signal })
        })
        expect(await restoring.catch((error: unknown) => error)).to.have.property('message', 'enough')
        expect(Date.now() - startedAt).to.be.below(10_000)
      })
    }

    it('says what a custom backup loses when a role is missing', async function () {
      const [pgDump, pgRestore] = [await clientToolVersion('pg_dump'), await server.toolVersion('pg_restore')]
      if (pgDump === undefined || pgRestore === undefined || (majorOf(pgDump) ?? 0) < server.major) {
        console.log('      skipped: no pg_restore, or no pg_dump on PATH as new as the server')
        return this.skip()
      }
      const source = await fresh()
      await withTemporary(async (directory) => {
        const path = join(directory, 'backup.dump')
        await using client = await session(server, source)
        await client.query('create role short_lived; create table t (a int); create table u (a int)')
        await client.query('create policy mine on t to short_lived; grant select on u to short_lived')
        await runClientTool('pg_dump', ['-Fc', '-f', path], server.connection(source), {})
        await client.query('drop owned by short_lived; drop role short_lived')
        const lost = await restore(path)
        expect(degraded(lost.outcome).map(({ text }) => text)).to.deep.equal([
          'CREATE POLICY mine ON public.t TO short_lived: role "short_lived" does not exist',
          'GRANT SELECT ON TABLE public.u TO short_lived: role "short_lived" does not exist',
        ])
        expect(await createRoles(server, lost.facts.roles)).to.deep.equal(['short_lived'])
        const whole = await restore(path)
        expect(degraded(whole.outcome)).to.deep.equal([])
        await using restored = await session(server, whole.database)
        await restored.query('drop owned by short_lived')
        await client.query('drop role short_lived')
      })
    })

    it('creates missing roles that cannot log in, on its own servers alone', async () => {
      const roles = ['Odd "Role"', 'pg_not_there', 'postgres']
      const answer = errorOf(createRoles({ ...server, owned: false }, roles))
      expect(await answer)
        .to.include({ code: 'missing-roles' })
        .and.to.have.property('message')
        .that.includes('Odd "Role"')
      expect(await createRoles(server, roles)).to.deep.equal(['Odd "Role"'])
      expect(await createRoles(server, roles)).to.deep.equal([])
      expect(
        await one('postgres', `select rolcanlogin::text as value from pg_roles where rolname = 'Odd "Role"'`),
      ).to.equal('false')
      await using client = await session(server, 'postgres')
      await client.query('drop role "Odd ""Role"""')
    })

    it('loads under other settings than those that hold afterwards', async () => {
      const database = await fresh()
      const settings = `select string_agg(name || '=' || setting, ' ' order by name) as value from pg_settings where name in ('full_page_writes', 'maintenance_work_mem')`
      const before = await one(database, settings)
      const during = await withFastLoad(server, async () => await one(database, settings))
      expect(during).to.equal('full_page_writes=off maintenance_work_mem=262144').and.not.to.equal(before)
      expect(await one(database, settings)).to.equal(before)
      const failing = withFastLoad(server, () => Promise.reject(new Error('half-way')))
      expect(await failing.catch((error: unknown) => error)).to.have.property('message', 'half-way')
      expect(await one(database, settings)).to.equal(before)
    })
  })
}

function degraded(outcome: RestoreOutcome): RestoreMessage[] {
  return outcome.messages.filter((message) => message.kind === 'degraded')
}

/** Rows and a digest of every table, and what was granted to whom. */
async function stateOf(server: Server, database: string, tables: readonly string[]): Promise<string> {
  await using client = await session(server, database)
  const lines: string[] = []
  for (const table of tables.toSorted()) {
    const { rows } = await client.query<{ state: string }>(
      `select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) as state from ${table.split('.').map(client.escapeIdentifier).join('.')} t`,
    )
    lines.push(`${table}=${rows[0]?.state}`)
  }
  const { rows } = await client.query<{ state: string }>(
    `select string_agg(concat_ws(' ', relname, relowner::regrole, relacl, polname, polroles), ';' order by relname, polname) as state
       from pg_class c left join pg_policy p on p.polrelid = c.oid where relnamespace = 'public'::regnamespace`,
  )
  return [...lines, rows[0]?.state].join('\n')
}

/** A dump without the random keys of `\restrict`. */
function withoutKeys(dump: string | undefined): string | undefined {
  return dump?.replaceAll(/^\\(?:un)?restrict .*$/gm, '')
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await errorOf(promise)).code
}
