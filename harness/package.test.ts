import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from './docs.ts'

describe('the published package', function () {
  this.timeout(300_000)
  let project = ''

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'rehearsal-package-'))
    await execa('npm', ['pack', '--pack-destination', project], { cwd: packageFile('.') })
    const [tarball] = (await execa('ls', [project])).stdout.split('\n')
    await writeFile(
      join(project, 'package.json'),
      '{ "name": "elsewhere", "private": true, "type": "module" }',
    )
    await execa('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`, 'kysely@0.28', 'chai', 'pg'], {
      cwd: project,
    })
    await cp(packageFile('fixtures/handovers/folder-esm-ts/migrations'), join(project, 'migrations'), {
      recursive: true,
    })
    await cp(packageFile('fixtures/handovers/shop.spec.ts'), join(project, 'specs/shop.spec.ts'))
    await cp(packageFile('fixtures/broken/shop.sql.gz'), join(project, 'shop.sql.gz'))
  })

  after(() => rm(project, { recursive: true, force: true }))

  it('rehearses a project of its own with compiled JavaScript', async () => {
    const program = join(project, 'node_modules/pg-rehearsal/dist/bin.js')
    const args = ['run', '--backup', 'shop.sql.gz', '--engine', 'embedded', '--report', 'json=out.json']
    const result = await execa(process.execPath, [program, ...args], { cwd: project, reject: false })
    expect(result.exitCode, result.stderr + result.stdout).to.equal(0)
    const rehearsal = JSON.parse(await readFile(join(project, 'out.json'), 'utf8'))
    expect(rehearsal.verdict).to.equal('passed')
    expect(rehearsal.pending).to.have.length.above(0)
  })

  it('has types, no tests and the command `rehearse`', async () => {
    const root = join(project, 'node_modules/pg-rehearsal')
    const { stdout } = await execa('find', [
      root,
      '-not',
      '-path',
      '*/node_modules/pg-rehearsal/node_modules/*',
      '-type',
      'f',
    ])
    expect(stdout).to.contain('dist/rehearse.d.ts').and.not.contain('.test.').and.not.contain('/testing/')
    const help = await execa(process.execPath, [join(project, 'node_modules/.bin/rehearse'), '--version'])
    expect(help.stdout).to.equal(JSON.parse(await readFile(packageFile('package.json'), 'utf8')).version)
  })
})
