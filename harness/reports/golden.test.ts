import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { goldenFiles, savedNames, savedRehearsal } from '../testing/golden.ts'
import { hostile } from '../testing/hostile.ts'
import { reportNames, reports } from './index.ts'
import { rehearsalSchema } from './schema.ts'

describe('reports of saved rehearsals', () => {
  it('are what lies beside them (where that is meant to change, run `npm run docs` and read the difference)', async () => {
    for (const [path, content] of await goldenFiles()) {
      expect(await readFile(packageFile(path), 'utf8'), path).to.equal(content)
    }
  })

  it('are rendered whatever a database, migration or spec wrote', async () => {
    const rehearsal = hostile(await savedRehearsal('failed'))
    for (const name of reportNames) expect(reports[name].render(rehearsal), name).to.match(/\n$/)
  })

  it('are of one that passed, one that failed and one that could not verify', async () => {
    const verdicts = []
    for (const name of savedNames) verdicts.push(rehearsalSchema.parse(await savedRehearsal(name)).verdict)
    expect(verdicts).to.deep.equal(['passed', 'failed', 'could-not-verify'])
  })
})
