import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from '../engines/engine.ts'
import { errorOf } from '../testing/error-of.ts'
import { dockerTools } from '../testing/dump.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import type { BackupFacts, RestoreMessage } from './backup-format.ts'
import { carryOverRoles, carryOverSettings } from './carry-over.ts'
import { createRoles } from './create-roles.ts'
import { openBackup } from './index.ts'

const byHand = `DROP DATABASE IF EXISTS shop_of_dump;
CREATE DATABASE shop_of_dump;
ALTER DATABASE shop_of_dump SET timezone TO 'Asia/Tokyo';
CREATE ROLE dump_owner SUPERUSER LOGIN PASSWORD 'kitchen-secret';
CREATE ROLE dump_member;
ALTER ROLE dump_member SET work_mem TO '7MB';
GRANT dump_owner TO dump_member;
\\c shop_of_dump
CREATE TABLE t (a text);
ALTER TABLE t OWNER TO dump_owner;
COPY t (a) FROM stdin;
one
\\.
GRANT CONNECT ON DATABASE shop_of_dump TO dump_member;
`

for (const testServer of testServers) {
  describe(`backups that name their databases, on ${testServer.title}`, function () {
    this.timeout(180_000)
    let server: Server
    let home = ''
    const databases: string[] = []

    before(async function () {
      server = await serverOrSkip(testServer, this)
      home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    })

    afterEach(async () => {
      for (const database of databases.splice(0)) await server.dropDatabase(database)
    })

    after(async () => {
      if (home !== '') await rm(home, { recursive: true })
    })

    async function restore(
      path: string,
      { database: meant, builtIn = false }: { database?: string; builtIn?: boolean } = {},
    ): Promise<{ database: string; facts: BackupFacts; messages: RestoreMessage[] }> {
      const { file, format } = await openBackup(path)
      const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' }, meant)
      const database = `named_${Math.random().toString(36).slice(2)}`
      await server.createDatabase(database)
      databases.push(database)
      const used: Server = builtIn ? { ...server, toolVersion: () => Promise.resolve(undefined) } : server
      const { signal } = new AbortController()
      const roles = await carryOverRoles(server, facts)
      await createRoles(server, facts.roles)
      const request = { file, facts, server: used, database, signal, onProgress: () => {} }
      const { messages } = await format.restore(request)
      const settings = await carryOverSettings(server, database, facts)
      return { database, facts, messages: [...roles, ...messages, ...settings] }
    }

    async function one(database: string, sql: string): Promise<string> {
      await using client = await session(server, database)
      const { rows } = await client.query<{ value: string }>(sql)
      return rows.map((row) => row.value).join('\n')
    }

    for (const builtIn of [false, true]) {
      const how = builtIn ? 'without psql' : 'with psql'

      it(`restores a plain dump that makes its own database into the rehearsed one, ${how}`, async () => {
        const path = join(home, 'by-hand.sql')
        await writeFile(path, byHand)
        const { database, facts, messages } = await restore(path, { builtIn })
        expect(messages.filter(({ kind }) => kind === 'degraded')).to.deep.equal([])
        expect(facts).to.include({ database: 'shop_of_dump' })
        expect(
          await one(database, `select a || ' ' || current_setting('timezone') as value from t`),
        ).to.equal('one Asia/Tokyo')
        expect(
          await one(database, `select datname as value from pg_database where datname like 'shop_of%'`),
        ).to.equal('')
        const roles = await one(
          database,
          `select concat_ws(' ', rolname, a.rolsuper, a.rolcanlogin, a.rolpassword is null, rolconfig) as value
             from pg_authid a join pg_roles using (oid, rolname) where rolname like 'dump_%' order by rolname`,
        )
        expect(roles).to.equal('dump_member f f t {work_mem=7MB}\ndump_owner t f t')
        expect(
          await one(database, `select pg_has_role('dump_member', 'dump_owner', 'usage')::text as value`),
        ).to.equal('true')
        expect(
          await one(database, `select relowner::regrole::text as value from pg_class where relname = 't'`),
        ).to.equal('dump_owner')
        expect(
          await one(
            database,
            `select count(*)::text as value from pg_database, aclexplode(datacl) x where datname = current_database() and x.grantee = 'dump_member'::regrole`,
          ),
        ).to.equal('1')
        await server.dropDatabase(database)
        await one('postgres', 'drop role dump_member, dump_owner')
      })
    }

    it('takes the database that is asked for out of several, and asks which', async () => {
      const path = join(home, 'several.sql')
      await writeFile(
        path,
        `\\connect one\nCREATE TABLE a ();\n\\connect two\nCREATE TABLE b ();\n\\connect postgres\nCREATE TABLE c ();\n`,
      )
      expect(await errorOf(restore(path)))
        .to.include({ code: 'backup-several-databases' })
        .and.to.have.property('message')
        .that.includes('one, two')
      expect(await errorOf(restore(path, { database: 'three' }))).to.include({
        code: 'backup-no-such-database',
      })
      for (const [database, table] of [
        ['one', 'a'],
        ['two', 'b'],
        ['postgres', 'c'],
      ] as const) {
        const restored = await restore(path, { database, builtIn: true })
        expect(
          await one(
            restored.database,
            `select relname as value from pg_class where relnamespace = 'public'::regnamespace`,
          ),
        ).to.equal(table)
      }
    })

    it('restores one database of pg_dumpall, with its roles and settings', async function () {
      const tools = testServer.engine === 'docker' ? await dockerTools(server) : undefined
      if (tools === undefined) return this.skip()
      const source = await kitchenSink(server)
      databases.push(source)
      const path = join(home, 'all.sql')
      await tools.dumpAll(path)
      for (const builtIn of [false, true]) {
        const { database, messages } = await restore(path, { database: source, builtIn })
        expect(messages.filter(({ kind }) => kind === 'degraded')).to.deep.equal([])
        const settings = (name: string): string =>
          `select string_agg(concat_ws(' ', setrole, setconfig), ';' order by setrole) as value from pg_db_role_setting s join pg_database d on d.oid = setdatabase where datname = '${name}'`
        expect(await one(database, settings(database)))
          .to.equal(await one(source, settings(source)))
          .and.to.include('Europe/London')
        const titles = 'select count(*) || max(name) as value from shop.titles'
        expect(await one(database, titles)).to.equal(await one(source, titles))
      }
    })

    it('carries the settings of a database over from every format', async function () {
      const tools = testServer.engine === 'docker' ? await dockerTools(server) : undefined
      if (tools === undefined) return this.skip()
      const source = await kitchenSink(server)
      databases.push(source)
      for (const [format, args] of [
        ['custom', []],
        ['directory', []],
        ['tar', []],
        ['plain', ['--create']],
      ] as const) {
        const { database } = await restore(await tools.dump(source, format, home, args))
        expect(await one(database, `select current_setting('timezone') as value`), format).to.equal(
          'Europe/London',
        )
      }
    })
  })
}
