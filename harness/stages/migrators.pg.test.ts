import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import type { Context } from 'mocha'
import { Client } from 'pg'
import { createRoles } from '../backups/create-roles.ts'
import { openBackup } from '../backups/index.ts'
import { loadPlan } from '../config.ts'
import { packageFile } from '../docs.ts'
import type { Server } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import type { RawSettings } from '../raw-settings.ts'
import { sharedServer } from '../testing/server.ts'
import { observeFootprints } from '../trace/footprints.ts'
import { traced, type TracedStatement } from '../trace/traced.ts'
import { traceMigrator, type MigratorTrace } from './trace-migrator.ts'

const template = 'migrators_template'
const backup = packageFile('fixtures/comicscout.sql.gz')

describe("the worked example's migrations by other migrators", function () {
  this.timeout(60_000)
  let server: Server
  let run: Run
  let names: string[]
  let byKysely: Traced

  before(async () => {
    server = await sharedServer()
    run = await openRun()
    const { file, format } = await openBackup(backup, run.directory)
    const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' }, undefined)
    await createRoles(server, facts.roles)
    await server.createDatabase(template)
    const signal = new AbortController().signal
    await format.restore({ file, facts, server, database: template, onProgress: () => {}, signal })
    byKysely = await onCopy(packageFile('.'), { migrations: 'migrations' })
    names = (await readdir(packageFile('fixtures/migrators/knex/migrations'))).map((it) =>
      it.replace('.js', ''),
    )
  })

  after(async () => {
    await server.dropDatabase(template)
    await run.dispose()
  })

  it('take the same locks when psql runs them', async () => {
    const { up, down, statements } = await onCopy(packageFile('fixtures/migrators/psql'), {
      migrateCommand: 'psql -qX -v ON_ERROR_STOP=1 --single-transaction -f up.sql',
      rollbackCommand: 'PGAPPNAME=down psql -qX -v ON_ERROR_STOP=1 -f down.sql',
    })
    expect(up.runs.map(({ name, status }) => [name, status])).to.deep.equal([
      ['psql -qX -v ON_ERROR_STOP=1 --single-transaction -f up.sql', 'success'],
    ])
    expect(down.runs.map(({ name }) => name)).to.deep.equal(['psql -qX -v ON_ERROR_STOP=1 -f down.sql'])
    expect(up.command?.recorded).to.equal(null)
    expect(locksOf(statements)).to.deep.equal(locksOf(byKysely.statements))
    expect(workOf(statements)).to.deep.equal(workOf(byKysely.statements))
  })

  it('take the same locks when Knex runs them, and are told apart', async function () {
    const cwd = packageFile('fixtures/migrators/knex')
    requireProgram(cwd, 'knex', this)
    const { up, down, statements } = await onCopy(cwd, {
      migrateCommand: 'knex migrate:latest',
      rollbackCommand: 'knex migrate:rollback --all',
    })
    expect(up.runs.map(({ name }) => name)).to.deep.equal(names.map((name) => `${name}.js`))
    expect(down.runs.map(({ name }) => name)).to.deep.equal(names.map((name) => `${name}.js`).toReversed())
    expect(up.command?.recorded).to.deep.equal(names.map((name) => `${name}.js`))
    expect(down.command?.record).to.deep.equal([])
    expect(locksOf(statements)).to.deep.equal(locksOf(byKysely.statements))
    expect(workOf(statements)).to.deep.equal(workOf(byKysely.statements))
    expect(locksOf(statements.filter(isOf('2025_06_16')))).to.deep.equal(
      locksOf(byKysely.statements.filter(isOf('2025_06_16'))),
    )
  })

  it('take the same locks when Prisma Migrate runs them, and are told apart', async function () {
    const cwd = packageFile('fixtures/migrators/prisma')
    requireProgram(cwd, 'prisma', this)
    const record = await readFile(join(cwd, 'record.sql'), 'utf8')
    const { up, statements } = await onCopy(
      cwd,
      {
        // Any file that is there keeps Prisma from downloading an engine that this does not use. When it is done, a timer
        // of its own keeps it up for 10 s more.
        migrateCommand:
          'PRISMA_QUERY_ENGINE_LIBRARY=schema.prisma CHECKPOINT_DISABLE=1 prisma migrate deploy',
        rollbackCommand: 'psql -qX -v ON_ERROR_STOP=1 -f down.sql',
      },
      record,
    )
    expect(up.outcome.error?.message).to.equal(undefined)
    expect(up.runs.map(({ name }) => name)).to.deep.equal(names)
    expect(locksOf(statements)).to.deep.equal(locksOf(byKysely.statements))
    expect(workOf(statements)).to.deep.equal(workOf(byKysely.statements))
  })

  it('are ended with all that they started when nothing moves', async () => {
    const odd = `61.${process.pid}`
    const flags = { backup, migrateCommand: `sleep ${odd} & sleep ${odd}`, stallTimeout: '1s' }
    const plan = await loadPlan({ cwd: packageFile('.'), flags, configFile: undefined, environment: {} })
    const given = { plan, run, signal: new AbortController().signal, beganAt: 0 }
    const database = server.connection(template)
    const trace = await traceMigrator(given, { operation: 'up', steps: 0 }, database, () => {})
    expect(trace.outcome.ended).to.equal('stalled')
    expect(trace.outcome.stall?.message).to.include('has no session at the server')
    expect(trace.runs.map(({ status }) => status)).to.deep.equal(['error'])
    const processes = await execa('ps', ['-eo', 'args'])
    expect(processes.stdout).to.not.include(`sleep ${odd}`)
  })

  interface Traced {
    readonly up: MigratorTrace
    readonly down: MigratorTrace
    readonly statements: readonly TracedStatement[]
  }

  async function onCopy(cwd: string, flags: RawSettings, prepare = ''): Promise<Traced> {
    const name = 'migrators_copy'
    await server.cloneDatabase(template, name)
    const database = server.connection(name)
    try {
      if (prepare !== '') await execute(database, prepare)
      return await traceBoth(cwd, flags, database)
    } finally {
      await server.dropDatabase(name)
    }
  }

  async function traceBoth(cwd: string, flags: RawSettings, database: Connection): Promise<Traced> {
    const plan = await loadPlan({ cwd, flags: { backup, ...flags }, configFile: undefined, environment: {} })
    const given = { plan, run, signal: new AbortController().signal, beganAt: 0 }
    const observer = await observeFootprints(database)
    try {
      const look = (operation: 'up' | 'down', steps: number) =>
        traceMigrator(given, { operation, steps }, database, () => {}, { rounds: observer.rounds })
      const up = await look('up', 0)
      const down = await look('down', 7)
      for (const trace of [up, down]) {
        expect(trace.outcome.error?.message).to.equal(undefined)
        expect(trace.failedInspections).to.deep.equal([])
      }
      const statements = [up, down].flatMap((trace) => {
        const windows = trace.outcome.runs
        const seen = { statements: trace.statements, windows, isBookkeeping: trace.command?.isBookkeeping }
        return traced(seen, seen, observer.footprints)
      })
      return { up, down, statements }
    } finally {
      await observer.close()
    }
  }
})

/** `up public.listings ACCESS EXCLUSIVE`, whatever migration took it first. */
function locksOf(statements: readonly TracedStatement[]): string[] {
  const locks = statements.flatMap(({ direction, locks }) =>
    locks.filter(({ kind }) => kind !== 'i').map(({ relation, mode }) => `${direction} ${relation} ${mode}`),
  )
  return [...new Set(locks)].toSorted()
}

function workOf(statements: readonly TracedStatement[]): string[] {
  const work = statements.flatMap(({ direction, rewritten, built, scans }) => [
    ...rewritten.map(({ name }) => `${direction} rewrites ${name}`),
    ...built.map(({ index }) => `${direction} builds ${index}`),
    ...scans.map(({ relation }) => `${direction} reads ${relation.name}`),
  ])
  return [...new Set(work)].toSorted()
}

const isOf =
  (migration: string) =>
  (statement: TracedStatement): boolean =>
    statement.migration.startsWith(migration)

function requireProgram(cwd: string, program: string, context: Context): void {
  for (let folder = cwd; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules/.bin', program))) return
  }
  console.log(`      skipped: ${program} is not installed`)
  context.skip()
}

async function execute(database: Connection, sql: string): Promise<void> {
  const client = new Client(database)
  await client.connect()
  await client.query(sql)
  await client.end()
}
