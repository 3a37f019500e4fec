import { expect } from 'chai'
import { packageFile } from './docs.ts'
import { missingEngine, startProgram } from './testing/program.ts'

describe('rehearse bisect', function () {
  this.timeout(120_000)
  const cwd = packageFile('fixtures/bisect')

  before(async function () {
    const reason = await missingEngine('embedded')
    if (reason !== undefined) this.skip()
  })

  it('names a migration that breaks a later one in the same transaction', async () => {
    const { exitCode, stdout, stderr } = await startProgram(['bisect'], { cwd })
    expect(stdout, stderr).to.match(
      /^01_new_state is responsible: 03_uses_it fails when both are applied at once/,
    )
    expect(exitCode).to.equal(1)
  })

  it('names one that fails by itself, and one that takes too long', async () => {
    const failing = await startProgram(['bisect', '--engine', 'embedded'], {
      cwd: packageFile('fixtures/broken/throws-half-way'),
    })
    expect(failing.stdout, failing.stderr).to.match(/^002_summaries is responsible: it fails: column "title"/)
    const slow = await startProgram(['bisect', '--max-stall', '1ms', '--engine', 'embedded'], {
      cwd: packageFile('fixtures/broken/loses-rows'),
    })
    expect(slow.stdout, slow.stderr).to.match(
      / is responsible: it is too slow: it takes \d+ ms, and may take 1 ms/,
    )
    expect(slow.exitCode).to.equal(1)
  })
})
