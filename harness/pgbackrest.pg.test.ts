import { expect } from 'chai'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageFile } from './docs.ts'
import type { HarnessError } from './errors.ts'
import { errorOf } from './testing/error-of.ts'
import { openWanted } from './origins/index.ts'
import type { PgBackRestPlan } from './origins/origin.ts'
import { openRun } from './runs/open-run.ts'
import { makePgBackRestSource, missingPgBackRest, type PgBackRestSource } from './testing/pgbackrest.ts'
import { missingEngine, runProgram, startProgram } from './testing/program.ts'

const cwd = packageFile('.')
const verification = (
  text: string,
): { tables: { name: string; rows: number }[]; backup: { madeAt: string } } => JSON.parse(text)

describe('a pgBackRest repository', function () {
  this.timeout(300_000)
  let home = ''
  let source: PgBackRestSource

  before(async function () {
    const missing = missingPgBackRest() ?? (await missingEngine('embedded', 15))
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`)
      this.skip()
    }
    home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    source = await makePgBackRestSource(home, packageFile('fixtures/comicscout.sql.gz'))
  })

  after(async () => {
    if (home !== '') await rm(home, { recursive: true })
  })

  it('makes the worked example come to the same at a point in time as a dump of that moment', async () => {
    // A copy of the files brings settings along, and a dump none.
    const conf = join(home, 'production.conf')
    await writeFile(conf, "work_mem = '8MB'\n")
    const common = [
      '--database',
      'comicscout',
      '--engine',
      'embedded',
      '--ask',
      'none',
      '--snapshots',
      'off',
      '--postgresql-conf',
      conf,
    ]
    const local = (await runProgram(['--backup', source.dump, ...common.slice(2)], { cwd })).rehearsal
    const from = ['--backup', 'pgbackrest:main', '--pgbackrest-config', source.config]
    const kept = ['--pgbackrest-directory', join(home, 'kept'), '--target-time', source.targetTime]
    const result = await runProgram([...from, ...kept, ...common, '--max-age', '1h'], { cwd })
    const there = result.rehearsal
    expect(local?.verdict, local?.summary).to.equal('passed')
    expect([there?.verdict, there?.pending]).to.deep.equal([local?.verdict, local?.pending], result.stdout)
    const ids = (findings: readonly { id: string }[] = []) => findings.map(({ id }) => id).toSorted()
    expect(ids(there?.findings)).to.deep.equal(ids(local?.findings))
    const rows = (tables: readonly { name: string; rows: number | null }[] = []) =>
      tables.map(({ name, rows }) => `${name} ${rows}`).toSorted()
    expect(rows(there?.tables)).to.deep.equal(rows(local?.tables))
    expect(rows(there?.tables)).to.include('public.moments 2')
    const { path, madeAt } = there?.backup ?? {}
    expect(path).to.match(/^pgbackrest:main \(\d{8}-\d{6}F_\d{8}-\d{6}I, up to /)
    expect(new Date(madeAt ?? 0)).to.deep.equal(new Date(source.targetTime))
    expect(result.stdout + result.stderr + JSON.stringify(there)).not.to.contain('passphrase-of')
  })

  it('goes on from what was kept to the end of the WAL, in a container', async function () {
    const missing = await missingEngine('docker', 15)
    if (missing !== undefined || !(await readdir(home)).includes('kept')) {
      console.log(`      skipped: ${missing ?? 'nothing was kept'}`)
      this.skip()
    }
    const args = ['verify-backup', 'pgbackrest:main', '--pgbackrest-config', source.config]
    const more = ['--pgbackrest-directory', join(home, 'kept'), '--engine', 'docker', '--report', 'json=-']
    const { exitCode, stdout, stderr } = await startProgram([...args, ...more, '--database', 'comicscout'], {
      cwd,
    })
    expect(exitCode, stdout + stderr).to.equal(0)
    const { tables } = verification(stdout.slice(stdout.indexOf('\n{')))
    expect(tables.find(({ name }) => name === 'public.moments')?.rows).to.equal(3)
  })

  it('is one clear error when it cannot be had', async () => {
    const { config } = source
    const wrong = join(home, 'wrong.conf')
    const text = `[global]\nrepo1-path=${home}/repository\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=another-one\n`
    await writeFile(wrong, `${text}[main]\npg1-path=${home}/cluster\n`)
    const later = new Date(Date.now() + 3_600_000).toISOString()
    const refusals = [
      ['pgbackrest:other', { config }, 'pgbackrest-no-stanza'],
      ['pgbackrest:main', { config: join(home, 'nowhere.conf') }, 'pgbackrest-no-config'],
      ['pgbackrest:main', { config: wrong }, 'pgbackrest-wrong-passphrase'],
      ['pgbackrest:main', { config, targetTime: source.before }, 'target-time-before-backup'],
      ['pgbackrest:main', { config, targetTime: later }, 'target-time-beyond-wal'],
    ] as const
    for (const [backup, plan, code] of refusals) {
      const problem = await refused(backup, plan)
      expect(problem.code, problem.message).to.equal(code)
      expect(problem.message).not.to.match(/another-one|passphrase-of|\ufffd/)
    }
    const path = process.env['PATH']
    process.env['PATH'] = '/nowhere'
    try {
      expect(await refused('pgbackrest:main', { config })).to.include({ code: 'no-pgbackrest' })
    } finally {
      process.env['PATH'] = path
    }
  })
})

async function refused(backup: string, plan: Partial<PgBackRestPlan>): Promise<HarnessError> {
  const run = await openRun()
  const { signal } = new AbortController()
  const pgbackrest = { config: undefined, targetTime: undefined, directory: undefined, ...plan }
  const wanted = { backup, backupCommand: undefined, pgbackrest, cwd }
  const scratch = join(run.directory, 'source')
  return await errorOf(openWanted({ ...wanted, run, scratch, signal, onProgress: () => {} })).finally(() =>
    run.dispose(),
  )
}
