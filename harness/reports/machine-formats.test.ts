import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import { expect } from 'chai'
import type { Rehearsal } from '../rehearsal.ts'
import { savedNames, savedRehearsal } from '../testing/golden.ts'
import { hostile, hostileText } from '../testing/hostile.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { junit } from './junit.ts'
import { sarif } from './sarif.ts'

async function everyRehearsal(): Promise<Rehearsal[]> {
  const saved = await Promise.all(savedNames.map((name) => savedRehearsal(name)))
  return [...saved, ...saved.map(hostile)]
}

describe('sarif report', () => {
  it('is valid by the schema', async function () {
    const schema = await sarifSchema()
    if (schema === undefined) {
      console.log('    skipped: the package @microsoft/jest-sarif, which has the schema, is not installed')
      return this.skip()
    }
    // The schema's own pattern of languages is no regular expression of the Unicode kind.
    const isValid = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema)
    for (const rehearsal of await everyRehearsal()) {
      expect(isValid(JSON.parse(sarif.render(rehearsal))), JSON.stringify(isValid.errors)).to.equal(true)
    }
  })

  it('has every finding, at the file of its migration', async () => {
    const rehearsal = await savedRehearsal('failed')
    const [run] = JSON.parse(sarif.render(rehearsal)).runs
    expect(run.results).to.have.length(rehearsal.findings.length)
    const failed = run.results.find((result: { ruleId: string }) => result.ruleId === 'migration-failed')
    expect(failed.level).to.equal('error')
    expect(failed.locations[0].physicalLocation.artifactLocation.uri).to.equal('migrations/002_summaries.ts')
    expect(run.tool.driver.rules[failed.ruleIndex].id).to.equal('migration-failed')
    expect(run.invocations[0].exitCode).to.equal(1)
  })
})

describe('gitlab report', () => {
  it('has what GitLab asks of each entry, with fingerprints of their own', async () => {
    for (const rehearsal of await everyRehearsal()) {
      const entries = JSON.parse(gitlab.render(rehearsal))
      expect(entries).to.have.length(rehearsal.findings.length)
      for (const entry of entries) {
        expect(entry).to.have.all.keys('description', 'check_name', 'fingerprint', 'severity', 'location')
        expect(entry.severity).to.be.oneOf(['info', 'minor', 'major', 'critical', 'blocker'])
        expect(entry.location.path).to.match(/^[^./]/)
        expect(entry.location.lines.begin).to.equal(1)
      }
      const digests = entries.map((entry: { fingerprint: string }) => entry.fingerprint)
      expect(new Set(digests).size).to.equal(digests.length)
    }
  })

  it('tells the same finding by the same fingerprint, whatever its figures', async () => {
    const rehearsal = await savedRehearsal('passed')
    const slower = {
      ...rehearsal,
      findings: rehearsal.findings.map((it) => ({ ...it, message: `${it.message} 9` })),
    }
    const digests = (of: Rehearsal) =>
      JSON.parse(gitlab.render(of)).map((entry: { fingerprint: string }) => entry.fingerprint)
    expect(digests(slower)).to.deep.equal(digests(rehearsal))
  })
})

describe('github report', () => {
  it('is one command a line, the verdict first', async () => {
    for (const rehearsal of await everyRehearsal()) {
      const lines = github.render(rehearsal).trimEnd().split('\n')
      expect(lines).to.have.length(rehearsal.findings.length + 1)
      for (const line of lines) expect(line).to.match(/^::(error|warning|notice) [^:]*::/)
      expect(lines[0]).to.match(rehearsal.verdict === 'passed' ? /^::notice / : /^::error /)
    }
  })

  it('says the file, and escapes what would end a command or property', async () => {
    expect(github.render(await savedRehearsal('failed'))).to.contain(
      '::error file=migrations/002_summaries.ts,line=1,',
    )
    const text = github.render(hostile(await savedRehearsal('failed')))
    expect(text).not.to.match(/^::error::y/m)
    expect(hostileText).to.match(/^::error::y/m)
  })
})

describe('junit report', () => {
  it('keeps the rules of junit-10.xsd', async () => {
    for (const rehearsal of await everyRehearsal()) checkJunit(junit.render(rehearsal))
  })

  it('is as green as the verdict, and no greener', async () => {
    const worst = async (name: (typeof savedNames)[number]) => {
      const [, failures, errors] =
        /<testsuites [^>]*failures="(\d+)" errors="(\d+)"/.exec(junit.render(await savedRehearsal(name))) ??
        []
      return { failed: Number(failures) > 0, unverified: Number(errors) > 0 }
    }
    expect(await worst('passed')).to.deep.equal({ failed: false, unverified: false })
    expect((await worst('failed')).failed).to.equal(true)
    expect(await worst('unverified')).to.deep.equal({ failed: false, unverified: true })
  })

  it('tells migrations up and down, and why one failed', async () => {
    const text = junit.render(await savedRehearsal('failed'))
    expect(text).to.match(/<testcase name="002_summaries up"[^>]*><failure type="migration-failed"/)
    expect(text).to.match(/<testcase name="003_review_bodies up"[^>]*><skipped/)
    expect(junit.render(await savedRehearsal('passed'))).to.contain('2025_03_10_001_listing_postage down')
  })
})

async function sarifSchema(): Promise<object | undefined> {
  try {
    const path = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json')
    const {
      $schema: _,
      id,
      ...schema
    } = JSON.parse(await readFile(path.replace('package.json', 'lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'))
    return { $id: id, ...schema }
  } catch {
    return undefined
  }
}

const children: Record<string, readonly string[]> = {
  testsuites: ['testsuite'],
  testsuite: ['testcase'],
  testcase: ['failure', 'error', 'skipped', 'system-out'],
}
const attributes: Record<string, { required: readonly string[]; optional: readonly string[] }> = {
  testsuites: { required: [], optional: ['name', 'time', 'tests', 'failures', 'errors'] },
  testsuite: { required: ['name', 'tests', 'failures', 'errors'], optional: ['time', 'skipped'] },
  testcase: { required: ['name'], optional: ['time', 'classname'] },
  failure: { required: [], optional: ['type', 'message'] },
  error: { required: [], optional: ['type', 'message'] },
  skipped: { required: [], optional: ['type', 'message'] },
  'system-out': { required: [], optional: [] },
}

/** Well-formed, elements and attributes only where the schema has them, times as it spells them, counts that add up. */
function checkJunit(text: string): void {
  const open: { name: string; cases: number }[] = []
  const body = text.replace('<?xml version="1.0" encoding="UTF-8"?>\n', '')
  for (const [whole, tag, chars] of body.matchAll(/<([^>]*)>|([^<]+)/g)) {
    expect(whole, 'a character that XML has not').not.to.match(
      /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u,
    )
    expect(whole).not.to.match(/&(?!(amp|lt|gt|quot|apos);)/)
    const parent = open.at(-1)
    if (tag === undefined) {
      if (parent === undefined || parent.name in children) expect(chars?.trim()).to.equal('')
      continue
    }
    if (tag.startsWith('/')) {
      expect(open.pop()?.name).to.equal(tag.slice(1))
      continue
    }
    const [, name = '', rest = '', empty] = /^([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)$/.exec(tag) ?? []
    const rules = attributes[name] ?? { required: [], optional: [] }
    expect(name, tag).not.to.equal('')
    if (parent === undefined) expect(name).to.equal('testsuites')
    else expect(children[parent.name]).to.include(name)
    const names = [...rest.matchAll(/ ([\w-]+)="/g)].map(([, attribute]) => attribute)
    expect([...rules.required, ...rules.optional]).to.include.members(names)
    expect(names).to.include.members([...rules.required])
    const time = / time="([^"]*)"/.exec(rest)?.[1]
    if (time !== undefined) expect(time).to.match(/^\d+\.\d{3}$/)
    if (empty !== '/') open.push({ name, cases: 0 })
  }
  expect(open).to.deep.equal([])
  const counted = body.split('<testcase ').length - 1
  expect(Number(/<testsuites [^>]*tests="(\d+)"/.exec(text)?.[1])).to.equal(counted)
}
