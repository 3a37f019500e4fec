import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { now } from '../clock.ts'
import { snapshotClones, type SnapshotClones } from '../clones/snapshot-clones.ts'
import { templateClones } from '../clones/template-clones.ts'
import { loadPlan } from '../config.ts'
import { packageFile } from '../docs.ts'
import { engines } from '../engines/index.ts'
import type { Freezing, Frozen } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import type { Finding } from '../rehearsal.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { engineOrSkip } from '../testing/program.ts'
import { withTemporary } from '../testing/temporary.ts'
import { crashes, type Crashes } from './crashes.ts'

const base = `create table items (id int primary key generated always as identity, code text);
  insert into items (code) select 'c' || i from generate_series(1, 40000) i;
  create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null);
  create table kysely_migration_lock (id varchar(255) primary key, is_locked integer default 0 not null);
  insert into kysely_migration_lock (id) values ('migration_lock')`

/** Each breaks in a way of its own when no transaction is around it. */
const withoutTransactions = {
  '001_two_tables': [`create table a (id int primary key)`, `create table b (id int references a)`],
  '002_unique_code': [`create unique index concurrently if not exists items_code on items (code)`],
  '003_note': [
    `alter table items add column if not exists note text`,
    `update items set note = code where id < 10`,
  ],
}

const inOne = {
  '001_columns': [
    `alter table items add column seen timestamptz default now()`,
    `create index on items (seen)`,
  ],
  '002_table': [
    `create table c (id int primary key generated always as identity)`,
    `insert into c default values`,
  ],
}

for (const engine of ['embedded', 'docker'] as const) {
  describe(`deaths half-way, ${engine} engine`, () => {
    let run: Run
    let freezing: Freezing
    let frozen: Frozen
    let clones: SnapshotClones
    let stop: () => Promise<void>

    before(async function () {
      await engineOrSkip(engine, this)
      freezing = engines[engine].freezing ?? this.skip()
      run = await openRun()
      const request = { major: 17, image: undefined, serverUrl: undefined, run }
      const server = await freezing.start(request)
      await server.createDatabase('restored')
      await withClient(server.connection('restored'), async (client) => void (await client.query(base)))
      frozen = await server.freeze()
      await server.stop()
      const main = await freezing.clone(frozen, { ...request, purpose: 'main' })
      stop = () => main.server.stop()
      const within = templateClones(main.server, 'restored')
      clones = snapshotClones({
        freezing,
        frozen,
        request,
        database: 'restored',
        method: main.method,
        within,
      })
    })

    after(async () => {
      if (clones !== undefined) await clones.closeAll()
      if (stop !== undefined) await stop()
      if (frozen !== undefined) await freezing.discard(frozen)
      if (run !== undefined) await run.dispose()
    })

    it('of migrations without transactions leave what is found and named', async function () {
      // What is left without a transaction is the same on every engine, and looking at it takes a while.
      if (engine === 'docker') return this.skip()
      const { facts, findings } = await tried(run, clones, withoutTransactions, true)
      const found = (id: string, subject: string) =>
        findings.find((finding) => finding.id === id && finding.subject === subject)
      expect(found('crash-not-resumed', '001_two_tables')?.message).to.include('relation "a" already exists')
      const left = found('crash-not-resumed', '001_two_tables')?.evidence?.details
      expect(left).to.include('left: table public.a is added')
      // The migration is done, and its record is not: what it makes is there when it is made again.
      expect(found('crash-not-resumed', 'the migrator')?.message).to.include('already exists')
      const index = facts.crashes.filter(({ migration }) => migration === '002_unique_code')
      expect(index.map(({ fault, again }) => `${fault}: ${again}`)).to.deep.equal([
        'connection-cut: succeeded',
        'reply-lost: succeeded',
        'timeout: differs',
        'server-killed: succeeded',
      ])
      const differs = found('crash-state-differs', '002_unique_code')?.evidence?.details?.join('\n')
      expect(differs).to.match(/left: invalid index public\.items_code/)
      expect(found('crash-leaves-debris', '003_note')?.severity).to.equal('notice')
      expect(found('crash-not-resumed', '003_note')).to.equal(undefined)
      const kinds = new Set(facts.crashes.map(({ fault }) => fault))
      expect([...kinds].toSorted()).to.deep.equal([
        'connection-cut',
        'reply-lost',
        'server-killed',
        'timeout',
      ])
    })

    it('of migrations in one transaction leave nothing or everything', async () => {
      const { facts, findings } = await tried(run, clones, inOne, false)
      expect(findings).to.deep.equal([])
      const outcomes = new Set(facts.crashes.map(({ fault, left }) => `${fault}: ${left}`))
      expect(outcomes).to.include('error: nothing').and.include('reply-lost: everything')
      expect(outcomes).to.include('server-killed: nothing').and.include('server-killed: everything')
      for (const crash of facts.crashes) expect(crash.again).to.equal('as-rehearsed')
    })
  })
}

async function tried(
  run: Run,
  clones: SnapshotClones,
  migrations: Record<string, readonly string[]>,
  disableTransactions: boolean,
): Promise<{ facts: Crashes; findings: readonly Finding[] }> {
  return await withTemporary(async (project) => {
    await mkdir(join(project, 'db'))
    await symlink(packageFile('node_modules'), join(project, 'node_modules'))
    await writeFile(join(project, 'package.json'), '{"type":"module"}')
    await writeFile(join(project, 'db/migrator.js'), migratorCode(migrations, disableTransactions))
    const plan = await loadPlan({
      cwd: project,
      flags: { backup: 'none', migrations: 'db/migrator.js#migrator' },
      configFile: undefined,
      environment: {},
    })
    const { signal } = new AbortController()
    const output = await crashes(
      { plan, run, signal, beganAt: now() },
      clones,
      {
        table: { name: 'kysely_migration', schema: undefined },
        complete: true,
        pending: Object.keys(migrations),
        bytes: 0,
      },
      () => {},
    )
    return { facts: output.facts, findings: output.findings ?? [] }
  })
}

function migratorCode(migrations: Record<string, readonly string[]>, disableTransactions: boolean): string {
  return `import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
const migrations = Object.fromEntries(Object.entries(${JSON.stringify(migrations)}).map(([name, statements]) => [name, {
  async up(db) { for (const text of statements) await sql.raw(text).execute(db) },
  async down() { throw new Error('not now') },
}]))
export const migrator = (connectionString) => new Migrator({
  db: new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }) }),
  provider: { getMigrations: async () => migrations },
  disableTransactions: ${disableTransactions},
})
`
}
