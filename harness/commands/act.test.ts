import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { missingEngine, startProgram } from '../testing/program.ts'
import { withTemporary } from '../testing/temporary.ts'

describe('a command', () => {
  it('that finds several problems tells each with its remedy, and is not said to be defective', async function () {
    const reason = await missingEngine('embedded')
    if (reason !== undefined) this.skip()
    await withTemporary(async (cwd) => {
      const args = ['clone', '--backup', packageFile('fixtures/comicscout.sql.gz'), '--engine', 'embedded']
      const { exitCode, stderr } = await startProgram(args, { cwd, env: { REHEARSAL_REQUIRE_MASKING: '1' } })
      expect(exitCode).to.equal(2)
      expect(stderr)
        .to.match(/no masking rule: public\.alerts\.email .*\n→ Give each a rule in `masking\.rules`/)
        .and.not.include('defect')
    })
  })
})
