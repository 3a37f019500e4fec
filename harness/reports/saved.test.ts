import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { savedNames, savedRehearsal } from '../testing/golden.ts'
import { json } from './json.ts'
import { parseSaved } from './saved.ts'

describe('saved report', () => {
  it('comes back as it was', async () => {
    for (const name of savedNames) {
      const rehearsal = await savedRehearsal(name)
      expect(parseSaved(json.render(rehearsal), 'a.json')).to.deep.equal(rehearsal)
    }
  })

  it('says what is wrong with one that is none', async () => {
    const rehearsal = await savedRehearsal('passed')
    const text = json.render(rehearsal)
    const table: readonly (readonly [text: string, code: string, words: RegExp])[] = [
      ['', 'saved-report-not-json', /a\.json is not JSON/],
      [text.slice(0, 500), 'saved-report-not-json', /not all of it/],
      ['[]', 'saved-report-damaged', /the document/],
      [
        JSON.stringify({ ...rehearsal, schemaVersion: 2 }),
        'saved-report-version',
        /version 2.*reads version 1/,
      ],
      [JSON.stringify({ ...rehearsal, verdict: 'green' }), 'saved-report-damaged', /verdict/],
      [JSON.stringify({ ...rehearsal, extra: 1 }), 'saved-report-damaged', /extra/],
      [JSON.stringify({ ...rehearsal, findings: undefined }), 'saved-report-damaged', /findings/],
    ]
    for (const [saved, code, words] of table) {
      try {
        parseSaved(saved, 'a.json')
        expect.fail(`took ${saved.slice(0, 40)}`)
      } catch (error) {
        if (!(error instanceof HarnessError)) throw error
        expect(error.code).to.equal(code)
        expect(error.message).to.match(words)
      }
    }
  })

  it('may not claim a verdict that its stages and findings do not give', async () => {
    const failed = await savedRehearsal('failed')
    const claimed = json.render({ ...failed, verdict: 'passed' })
    expect(() => parseSaved(claimed, 'a.json')).to.throw(HarnessError, /verdict/)
  })
})
