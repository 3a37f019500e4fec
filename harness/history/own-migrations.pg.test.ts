import { expect } from 'chai'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { packageFile } from '../docs.ts'
import { urlOf } from '../postgres/url.ts'
import { dockerTools } from '../testing/dump.ts'
import { runProgram } from '../testing/program.ts'
import { nights } from '../testing/record.ts'
import { serverOrSkip } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import { historyMigrator } from './postgres.ts'

interface Rows {
  rehearsals: { id: string; project: string; started_at: string; record: string }
}

describe('the migrations of the history database', function () {
  this.timeout(90_000)

  it('pass a rehearsal on a backup of one with the older schema', async function () {
    const server = await serverOrSkip({ title: 'docker 15', engine: 'docker', major: 15 }, this)
    const tools = await dockerTools(server)
    if (tools === undefined) {
      console.log('      skipped: there is no docker command to dump with')
      return this.skip()
    }
    await server.createDatabase('older_history')
    const pool = new Pool({ connectionString: urlOf(server.connection('older_history')) })
    const db = new Kysely<Rows>({ dialect: new PostgresDialect({ pool }) })
    const { error } = await (await historyMigrator(db as never)).migrateTo('2026_11_23_001_rehearsals')
    expect(error).to.equal(undefined)
    for (const it of nights(5)) {
      const { id, project, startedAt } = it
      await db
        .insertInto('rehearsals')
        .values({ id, project, started_at: startedAt, record: JSON.stringify(it) })
        .execute()
    }
    await db.destroy()
    await withTemporary(async (directory) => {
      const backup = await tools.dump('older_history', 'custom', directory)
      const args = ['--backup', backup, '--engine', 'docker']
      const { rehearsal, stdout } = await runProgram(args, { cwd: packageFile('fixtures/history') })
      expect(rehearsal?.verdict, stdout).to.equal('passed')
      expect(rehearsal?.pending).to.deep.equal(['2026_11_23_002_latest_of_a_project'])
      expect(rehearsal?.tables.map(({ name, rows }) => ({ name, rows }))).to.deep.equal([
        { name: 'public.rehearsals', rows: 5 },
      ])
      expect(rehearsal?.specs.map(({ passed, failed }) => ({ passed, failed }))).to.deep.equal([
        { passed: 2, failed: 0 },
        { passed: 1, failed: 0 },
      ])
    })
    await server.dropDatabase('older_history')
  })
})
