import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { templateClones } from '../clones/template-clones.ts'
import { loadPlan } from '../config.ts'
import { packageFile } from '../docs.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import { sharedServer } from '../testing/server.ts'
import { twoMigrators } from './two-migrators.ts'

const folder = packageFile('fixtures')

describe('two migrators at once', function () {
  this.timeout(120_000)

  async function ask(migrations: string, pending: readonly string[]) {
    const server = await sharedServer()
    const run = await openRun()
    const pristine = `two_migrators_${run.id}`
    await server.createDatabase(pristine)
    try {
      const sql = await readFile(`${folder}/rollbacks/base.sql`, 'utf8')
      await withClient(server.connection(pristine), (client) =>
        client.query(`create schema good; create schema bad; set search_path = good; ${sql}`),
      )
      const flags = { backup: 'none', migrations }
      const plan = await loadPlan({ cwd: folder, flags, configFile: undefined, environment: {} })
      const given = { plan, run, signal: new AbortController().signal, beganAt: 0 }
      const before = { ignoreTables: [{ schema: undefined, name: 'kysely_migration' }] }
      const migrated = { complete: true, pending }
      return await twoMigrators(given, templateClones(server, pristine), { before, migrated }, () => {})
    } finally {
      await server.dropDatabase(pristine)
      await run.dispose()
    }
  }

  it('get along under the lock of Kysely: each migration runs once', async () => {
    const names = ['01_phones_and_notes', '02_long_codes', '03_archived_orders']
    const { findings, summary } = await ask('new-writes/lossy', names)
    expect(findings).to.deep.equal([])
    expect(summary).to.contain('each migration ran once')
  })

  it('are a finding where the Migrator takes no lock', async () => {
    const { findings = [] } = await ask('two-migrators/migrator.ts#createMigrator', ['01_rate'])
    expect(findings.map(({ id, severity }) => `${severity} ${id}`)).to.include('error two-migrators-clash')
    const told = findings.map(({ message }) => message).join('\n')
    expect(told)
      .to.contain('One of two migrators that started at once failed')
      .and.contain('ran the migration 2 times')
  })
})
