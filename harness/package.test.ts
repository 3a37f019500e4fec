import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from './docs.ts'
import type { Rehearsal } from './rehearsal.ts'
import { docsScript } from './testing/docs-script.ts'

describe('the published package, by docs/your-project.md alone', function () {
  this.timeout(300_000)
  let directory = ''
  let output = ''
  const inProject = (path: string) => join(directory, 'shop', path)
  const read = async (path: string) => await readFile(inProject(path), 'utf8')

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rehearsal-package-'))
    const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', directory], {
      cwd: packageFile('.'),
    })
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))
    const script = docsScript(await readFile(packageFile('docs/your-project.md'), 'utf8'))
    // The one thing that is not as the page has it: this version is on no registry yet.
    const here = script.replace('--save-dev pg-rehearsal ', `--save-dev ${join(directory, filename)} `)
    expect(here).not.to.equal(script)
    const result = await execa('bash', ['-xs'], {
      cwd: directory,
      input: here,
      all: true,
      reject: false,
      env: {
        NO_COLOR: '1',
        REHEARSAL_ENGINE: 'embedded',
        REHEARSAL_SNAPSHOTS: 'off',
        npm_config_prefer_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
      },
    })
    output = result.all
    expect(result.exitCode, output).to.equal(0)
  })

  after(() => rm(directory, { recursive: true, force: true }))

  it('rehearses a project of its own, by hand and in the night', async () => {
    const [night = ''] = (await execa('ls', [inProject('rehearsal-report')])).stdout.split('\n')
    expect(night).to.match(/^\d{4}-\d\d-\d\d$/)
    for (const path of ['rehearsal.json', `${night}/rehearsal.json`]) {
      const rehearsal = JSON.parse(await read(`rehearsal-report/${path}`)) as Rehearsal
      expect(rehearsal.verdict).to.equal('passed')
      expect(rehearsal.pending).to.deep.equal(['2025_02_03_001_note_author'])
      expect(rehearsal.specs.map(({ passed }) => passed)).to.deep.equal([2, 1])
      expect(rehearsal.findings.filter(({ severity }) => severity !== 'notice')).to.deep.equal([])
    }
    const [byHand, byNight] = await Promise.all(
      ['rehearsal.html', `${night}/rehearsal.html`].map((path) => read(`rehearsal-report/${path}`)),
    )
    expect(byHand).to.contain('</html>')
    expect(byNight).to.contain('</html>')
    expect(await read('rehearsal-report/rehearsal.md')).to.contain('# Rehearsal: passed')
  })

  it('knows what is pending before, and what was rehearsed after', async () => {
    expect(output).to.match(/^pending +2025_02_03_001_note_author$/m)
    const { stdout } = await execa('npx', ['rehearse', 'history', '--json'], { cwd: inProject('.') })
    const verdicts = JSON.parse(stdout).records.map(({ verdict }: Rehearsal) => verdict)
    expect(verdicts).to.deep.equal(['passed', 'passed'])
  })

  it('has types, no tests and the command `rehearse`', async () => {
    const root = inProject('node_modules/pg-rehearsal')
    const { stdout } = await execa('find', [
      root,
      '-path',
      `${root}/node_modules`,
      '-prune',
      '-o',
      '-type',
      'f',
    ])
    expect(stdout).to.contain('dist/rehearse.d.ts').and.not.contain('.test.').and.not.contain('/testing/')
    const help = await execa('npx', ['rehearse', '--version'], { cwd: inProject('.') })
    expect(help.stdout).to.equal(JSON.parse(await readFile(packageFile('package.json'), 'utf8')).version)
  })
})
