import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from './docs.ts'
import { runProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'

const basics = ['--engine', 'embedded', '--backup', packageFile('fixtures/broken/shop.sql.gz')]
const specs = ['--specs', packageFile('fixtures/broken/shop.spec.ts')]
const production = 'postgresql://app:hunter2-secret@production-db.internal:5432/shop'

describe('rehearse run with a migrate command', function () {
  this.timeout(60_000)

  it('cannot pass without a command for rollback, and still says what was locked', () =>
    withTemporary(async (cwd) => {
      await writeFile(join(cwd, 'up.sql'), 'alter table orders add column note text;\n')
      const args = [...basics, ...specs, '--migrate-command', 'psql -qX -v ON_ERROR_STOP=1 -f up.sql']
      const { exitCode, rehearsal } = await runProgram(args, { cwd })
      expect(rehearsal?.findings.find(({ id }) => id === 'missing-rollback-command')?.severity).to.equal(
        'unverified',
      )
      expect(rehearsal?.verdict).to.equal('could-not-verify')
      expect(exitCode).to.equal(2)
      const status = rehearsal?.stages.map(({ name, status }) => `${name} ${status}`)
      expect(status).to.include.members(['rollback completed', 'verify-rollback skipped', 'locks completed'])
      const [statement] = rehearsal?.statements ?? []
      expect(statement).to.include({ migration: 'psql -qX -v ON_ERROR_STOP=1 -f up.sql', timing: 'exact' })
      expect(statement?.locks.map(({ relation, mode }) => `${relation} ${mode}`)).to.deep.equal([
        'public.orders ACCESS EXCLUSIVE',
      ])
    }))

  it('fails with the exit code, shows what was refused, and keeps production out of reach and of sight', () =>
    withTemporary(async (cwd) => {
      const sql = 'alter table orders add note text; alter table orders ad nonsense'
      const command = `echo $DATABASE_URL $PRODUCTION_DATABASE_URL; psql -qX -c '${sql}' || exit 3`
      const args = [...basics, ...specs, '--migrate-command', command, '--rollback-command', 'true']
      const { exitCode, stdout, rehearsal } = await runProgram(args, {
        cwd,
        env: { PRODUCTION_DATABASE_URL: production },
      })
      expect(exitCode).to.equal(1)
      const failed = rehearsal?.findings.find(({ id }) => id === 'migration-failed')
      expect(failed?.message).to.match(/exited|ended with code 3: .*"ad"/)
      expect(failed?.evidence?.statement?.text).to.include('ad nonsense')
      const all = JSON.stringify(rehearsal) + stdout
      expect(all).to.not.include('hunter2')
      expect(all).to.not.include('production-db.internal')
      expect(failed?.evidence?.details?.join('\n')).to.include('(redacted)')
    }))

  it('verifies nothing when the command talks to another database, and refuses one that names a server', () =>
    withTemporary(async (cwd) => {
      const silent = await runProgram(
        [...basics, ...specs, '--migrate-command', 'true', '--rollback-command', 'true'],
        { cwd },
      )
      expect(silent.rehearsal?.findings.map(({ id }) => id)).to.include('migrator-unseen')
      expect(silent.exitCode).to.equal(2)
      const named = await runProgram(
        [...basics, ...specs, '--migrate-command', `psql "${production}" -f up.sql`],
        { cwd },
      )
      expect(named.exitCode).to.equal(2)
      expect(JSON.stringify(named.rehearsal)).to.include('names a database server by itself')
      expect(JSON.stringify(named.rehearsal) + named.stdout + named.stderr).to.not.include('hunter2')
    }))
})
