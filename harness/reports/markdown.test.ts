import { expect } from 'chai'
import { savedNames, savedRehearsal } from '../testing/golden.ts'
import { hostile, hostileText } from '../testing/hostile.ts'
import { largeRehearsal } from '../testing/large-rehearsal.ts'
import { markdown } from './markdown.ts'

describe('markdown report', () => {
  it('leaves nothing out that fits', async () => {
    for (const name of savedNames) {
      const rehearsal = await savedRehearsal(name)
      const text = markdown.render(rehearsal)
      expect(text).not.to.contain('left out')
      for (const { id } of rehearsal.findings) expect(text).to.contain(id)
    }
  })

  it('fits into a comment however much there is, and says what is missing', async () => {
    const small = await savedRehearsal('failed')
    const large = largeRehearsal(small, { migrations: 200, statements: 1_000, findings: 2_000 })
    const endless = `${hostileText}&<&<@_`.repeat(2_000)
    const longer = {
      ...hostile(small),
      summary: endless,
      limits: Array.from({ length: 50 }, () => endless),
      stages: small.stages.map((stage) => ({ ...stage, summary: endless })),
      pending: [endless, endless],
    }
    const findings = longer.findings.map((it) => ({
      ...it,
      message: endless,
      remedy: endless,
      subject: endless,
    }))
    for (const rehearsal of [large, { ...longer, findings }]) {
      expect(markdown.render(rehearsal).length).to.be.below(65_536)
    }
    expect(markdown.render(large))
      .to.match(/more findings left out/)
      .and.match(/more runs of migrations left out/)
  })

  it('lets no text become markup or a mention outside code', async () => {
    const text = markdown.render(hostile(await savedRehearsal('failed')))
    const outside = text.replaceAll(/^(`{3,})\n[^]*?\n\1$/gm, '')
    expect(outside).not.to.match(/<(?!\/?sub>)|@team/)
  })
})
