import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { everyRow } from '../catalog/sampling.ts'
import { templateClones } from '../clones/template-clones.ts'
import { loadPlan } from '../config.ts'
import { packageFile } from '../docs.ts'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { sharedServer } from '../testing/server.ts'
import { newWrites } from './new-writes.ts'
import { listMigrations } from './trace-migrator.ts'

const folder = packageFile('fixtures/new-writes')

describe('a rollback after new writes', function () {
  this.timeout(120_000)
  let server: Server
  let run: Run
  let pristine: string

  before(async () => {
    server = await sharedServer()
    run = await openRun()
    pristine = `new_writes_${run.id}`
    await server.createDatabase(pristine)
    const sql = await readFile(packageFile('fixtures/rollbacks/base.sql'), 'utf8')
    await withClient(server.connection(pristine), async (client) => {
      await client.query(`create schema good; set search_path = good; ${sql}`)
    })
  })

  after(async () => {
    await server.dropDatabase(pristine)
    await run.dispose()
  })

  async function ask(set: string, sql: string) {
    const flags = { backup: 'none', migrations: set }
    const plan = await loadPlan({ cwd: folder, flags, configFile: undefined, environment: {} })
    const given = { plan: { ...plan, newWrites: sql }, run, signal: new AbortController().signal, beganAt: 0 }
    const { listed } = await listMigrations(given)
    const tables = ['kysely_migration', 'kysely_migration_lock']
    const before = {
      pristine: server.connection(pristine),
      ignoreTables: tables.map((name) => ({ schema: undefined, name })),
      sampling: everyRow,
    }
    const migrated = { complete: true, applied: listed.map(({ name }) => name) }
    const earlier = {
      before,
      migrated,
      rolledBack: { complete: true },
      specFiles: [`${folder}/orders.spec.ts`],
    }
    return newWrites(given, templateClones(server, pristine), earlier, () => {})
  }

  it('tells what has no place, what had to be cut and what was lost for no reason', async () => {
    const { facts, findings = [] } = await ask(
      'lossy',
      `insert into good.notes values (1, 'new');
       insert into good.customers (email, name, joined, phone) values ('new@example.org', 'New', now(), '0123');
       insert into good.orders (customer_id, code, placed_at) values (1, repeat('long', 15), now());
       insert into good.orders (customer_id, code, placed_at, archived) values (1, 'short', now(), true)`,
    )
    expect(findings.map(({ severity, subject }) => `${severity} ${subject}`).toSorted()).to.deep.equal([
      'error good.orders',
      'notice good.customers.phone',
      'notice good.notes',
      'notice good.orders.archived',
      'warning good.orders.code',
    ])
    expect(findings.find(({ severity }) => severity === 'error')?.message).to.contain('1 row lost')
    expect(facts?.tables).to.deep.equal([
      { name: 'good.customers', rowsBefore: 50, rowsWritten: 51, rowsLeft: 51 },
      { name: 'good.notes', rowsBefore: 0, rowsWritten: 1, rowsLeft: null },
      { name: 'good.orders', rowsBefore: 200, rowsWritten: 202, rowsLeft: 201 },
    ])
    expect(facts?.rolledBack?.passed).to.equal(1)
  })

  it('may fail because of them, at a migration and statement that are named', async () => {
    const sql = `insert into good.customers (email, name, joined) values (null, 'Guest', now())`
    const { findings = [] } = await ask('blocked', sql)
    expect(findings).to.have.lengthOf(1)
    expect(findings[0]).to.include({
      id: 'rollback-blocked-by-new-writes',
      severity: 'error',
      subject: '01_guests',
    })
    expect(findings[0]?.evidence?.statement?.text).to.contain('set not null')
    expect(findings[0]?.message).to.contain('contains null values')
  })

  it('is not known when nothing was written', async () => {
    const { findings = [] } = await ask('blocked', 'select 1')
    expect(findings.map(({ id, severity }) => `${severity} ${id}`)).to.deep.equal([
      'unverified no-new-writes',
    ])
    const refused = await ask('blocked', 'insert into good.nowhere values (1)')
    expect(refused.findings?.map(({ id }) => id)).to.deep.equal(['new-writes-failed'])
  })
})
