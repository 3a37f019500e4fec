import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { engineOrSkip, runProgram, startProgram } from '../testing/program.ts'
import { record } from '../testing/record.ts'
import { withTemporary } from '../testing/temporary.ts'

const cwd = packageFile('fixtures/handovers/folder-esm-ts')
const nobody = 'postgresql://someone:open-sesame@127.0.0.1:9/history'

describe('rehearse run with budgets, then history and plan', function () {
  this.timeout(90_000)

  before(async function () {
    await engineOrSkip('embedded', this)
  })

  it('records, judges what it can, and lets people plan by what passed', async () => {
    await withTemporary(async (directory) => {
      const history = join(directory, 'history')
      const config = await configWith(directory, {
        stall: { max: '10m' },
        restore: { max: '10m', times: 1.5, last: 5 },
      })
      const common = ['--config', config, '--history', history]
      const { rehearsal, exitCode, stdout } = await runProgram([...common, '--engine', 'embedded'], { cwd })
      expect(exitCode, stdout).to.equal(0)
      expect(rehearsal?.trends).to.equal(null)
      const young = rehearsal?.findings.filter(({ id }) => id.startsWith('budget-')) ?? []
      expect(young.map(({ id, severity }) => `${id} ${severity}`)).to.deep.equal([
        'budget-without-history notice',
      ])
      expect(rehearsal?.limits.join('\n')).to.contain('Budget not judged for want of history: restore')

      const listed = await startProgram(['history', '--json', ...common], { cwd })
      const { records } = JSON.parse(listed.stdout)
      expect(records).to.have.length(1)
      expect(records[0]).to.include({ id: rehearsal?.id, project: 'folder-esm-ts', verdict: 'passed' })

      const plan = await startProgram(['plan', ...common, '--start', '2030-01-15T03:00'], { cwd })
      expect(plan.exitCode, plan.stderr).to.equal(0)
      expect(plan.stdout)
        .to.contain('# Deployment plan: folder-esm-ts, ')
        .and.contain('15 January 2030 at 03:00')
      for (const name of rehearsal?.pending ?? []) expect(plan.stdout).to.contain(name)
      const ics = join(directory, 'window.ics')
      const without = await startProgram(['plan', ...common, '--ics', ics], { cwd })
      expect(without.exitCode, without.stderr).to.equal(2)
      expect(without.stderr).to.contain('no window could be proposed')
      await startProgram(['plan', ...common, '--start', '2030-01-15T03:00Z', '--ics', ics], { cwd })
      expect(await readFile(ics, 'utf8')).to.contain('DTSTART:20300115T030000Z')
    })
  })

  it('fails above a budget, cannot pass without its figure, and is told of a history that is not there', async () => {
    await withTemporary(async (directory) => {
      const config = await configWith(directory, { restore: { max: '1ms' }, stall: { max: '10m' } })
      const report = join(directory, 'saved.json')
      const args = ['--config', config, '--history', join(directory, 'history'), '--engine', 'embedded']
      const result = await runProgram([...args, '--ask', 'none'], {
        cwd,
        env: { HISTORY_DATABASE_URL: nobody },
      })
      expect(result.exitCode, result.stdout).to.equal(1)
      expect(result.rehearsal?.summary).to.contain('Restore is').and.contain('the budget is 1 ms')
      const told = new Set(result.rehearsal?.findings.map(({ id, severity }) => `${id} ${severity}`))
      for (const finding of [
        'budget-exceeded error',
        'budget-not-judged unverified',
        'history-not-read warning',
        'history-not-recorded warning',
      ]) {
        expect(told).to.contain(finding)
      }
      expect(await readdir(directory)).to.deep.equal(['rehearsal.json'])
      const everything = JSON.stringify(result)
      expect(everything).not.to.contain('open-sesame')

      await writeFile(report, JSON.stringify(result.rehearsal))
      const common = [report, '--history', join(directory, 'history')]
      const refused = await startProgram(['plan', ...common], { cwd })
      expect(refused.exitCode).to.equal(1)
      expect(refused.stdout).to.equal('')
      expect(refused.stderr).to.contain('did not pass').and.contain('--draft')
      const draft = await startProgram(['plan', ...common, '--draft'], { cwd })
      expect(draft.exitCode, draft.stderr).to.equal(0)
      expect(draft.stdout).to.contain('**DRAFT. Do not deploy by this plan.**')
      await writeFile(report, JSON.stringify({ ...result.rehearsal, verdict: 'passed' }))
      const tampered = await startProgram(['plan', ...common], { cwd })
      expect(tampered.exitCode).to.equal(2)
      expect(tampered.stderr).to.contain('come to failed')
    })
  })
})

describe('rehearse history', () => {
  it('lists and charts, leaves out what is damaged, and says when there is nothing', async () => {
    await withTemporary(async (directory) => {
      const args = ['history', '--history', directory]
      const nothing = await startProgram(args, { cwd: directory })
      expect([nothing.exitCode, nothing.stdout]).to.deep.equal([0, 'No rehearsal is recorded here yet.'])
      await mkdir(directory, { recursive: true })
      const project = directory.split('/').at(-1) ?? ''
      const write = async (day: number, text: string) =>
        await writeFile(join(directory, `2026-01-0${day}T02-00-00-000Z_r${day}.json`), text)
      for (const [day, restoreMs] of [
        [1, 1_000],
        [2, 4_000],
        [3, 2_000],
      ] as const) {
        const startedAt = `2026-01-0${day}T02:00:00.000Z`
        await write(day, JSON.stringify(record({ id: `r${day}`, project, startedAt, restoreMs })))
      }
      await write(4, '{"recordVersion":1')
      const { stdout, stderr, exitCode } = await startProgram(args, { cwd: directory })
      expect(exitCode, stderr).to.equal(0)
      expect(stderr).to.contain('left out').and.contain('_r4.json')
      expect(stdout).to.match(/2026-01-03 02:00 {2}PASSED +1 of 1 +200 ms +50 ms +2\.0 s +r3/)
      expect(stdout).to.match(/restore +▃█▅ {2}1\.0 s to 4\.0 s, now 2\.0 s/)
      const last = await startProgram([...args, '--last', '1'], { cwd: directory })
      expect(last.stdout).to.contain('r3').and.not.contain('r2')
    })
  })

  it('is refused a protected server, a number that is none, and a history that is off', async () => {
    await withTemporary(async (directory) => {
      const PRODUCTION_DATABASE_URL = 'postgresql://a:b@DB.example.org./shop'
      const HISTORY_DATABASE_URL = 'postgresql://c:keep-secret@db.example.org:5432/history'
      for (const [args, env, words] of [
        [
          ['history'],
          { PRODUCTION_DATABASE_URL, HISTORY_DATABASE_URL, REHEARSAL_HISTORY: '' },
          'same server as PRODUCTION',
        ],
        [
          ['run', '--backup', 'x'],
          { PRODUCTION_DATABASE_URL, HISTORY_DATABASE_URL },
          'same server as PRODUCTION',
        ],
        [['history'], {}, 'the history is off'],
        [['plan', '--history', 'empty'], {}, 'No rehearsal of'],
      ] as const) {
        const result = await startProgram(args, { cwd: directory, env })
        expect(result.exitCode, args.join(' ')).to.equal(2)
        expect(result.stderr).to.contain(words).and.not.contain('keep-secret')
        expect(result.stderr).not.to.contain('    at ')
      }
    })
  })
})

async function configWith(directory: string, budgets: object): Promise<string> {
  const path = join(directory, 'rehearsal.json')
  const own = JSON.parse(await readFile(join(cwd, 'rehearsal.config.json'), 'utf8'))
  await writeFile(path, JSON.stringify({ ...own, budgets }))
  return path
}
