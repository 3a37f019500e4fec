import { glob, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { checks } from './checks/index.ts'
import { packageFile } from './docs.ts'
import { copyFindings, migrationFindings, questionFindings } from './finding-ids.ts'
import { hazards } from './hazards/index.ts'
import { problemCodes } from './problem-codes.ts'

/** Where an id or a code is given to a finding or an error, also by one condition. */
const given =
  /(?:\b(?:id|code)(?::| =)|(?:HarnessError|LoadError|trouble)\()\s*(?:[^,;\n]*\?\s*)?'([a-z][a-z0-9-]*)'(?:\s*:\s*'([a-z][a-z0-9-]*)')?/g

/** The same where a judge is handed the id of what it finds, as its last word. */
const handed = /\bfailures\([^()]*'([a-z-]+)'\)()/g

/** Ids of other things. */
const others = new Set(['shelf', 'connection'])

describe('the list of findings', () => {
  it('has every id and code that the code gives, and no other', async () => {
    const sources = await sourcesOf()
    const used = new Set(
      sources.flatMap((text) =>
        [...text.matchAll(given), ...text.matchAll(handed)].flatMap(([, one, other]) => [one, other]),
      ),
    )
    const listed = new Set([
      ...Object.keys({ ...migrationFindings, ...questionFindings, ...copyFindings, ...checks, ...hazards }),
      ...Object.values(problemCodes).flatMap((codes) => Object.keys(codes)),
    ])
    const usedIds = [...used].filter((id) => id !== undefined && id !== '' && !others.has(id))
    expect(usedIds.length).to.be.above(100)
    expect(
      usedIds.filter((id) => !listed.has(id ?? '')),
      'in the code alone: add them',
    ).to.deep.equal([])
    const unused = [...listed].filter((id) => !sources.some((text) => text.includes(`'${id}'`)))
    expect(unused, 'in the list alone: remove them').to.deep.equal([])
  })

  it('has each once', () => {
    const all = [migrationFindings, questionFindings, copyFindings, checks, hazards].flatMap(Object.keys)
    expect(all).to.deep.equal([...new Set(all)])
  })
})

async function sourcesOf(): Promise<string[]> {
  const texts = []
  const lists = /\.test\.ts$|\/testing\/|\/(finding-ids|problem-codes)\.ts$/
  for await (const path of glob(packageFile('harness/**/*.ts'))) {
    if (!lists.test(path)) texts.push(await readFile(path, 'utf8'))
  }
  return texts
}
