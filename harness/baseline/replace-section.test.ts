import { expect } from 'chai'
import { replaceSection } from './replace-section.ts'

const [begin, end] = ['<!-- pg-rehearsal:schema:begin -->', '<!-- pg-rehearsal:schema:end -->']

describe('a section of a document', () => {
  it('is added at the end, and replaced in place from then on', () => {
    const first = replaceSection('# Ours\n', 'schema', 'one', 'A.md')
    expect(first).to.equal(`# Ours\n\n${begin}\n\none\n\n${end}\n`)
    expect(replaceSection(`${first}\nafter\n`, 'schema', 'two $&', 'A.md')).to.equal(
      `# Ours\n\n${begin}\n\ntwo $&\n\n${end}\n\nafter\n`,
    )
    expect(replaceSection('', 'schema', 'one', 'A.md')).to.equal(`${begin}\n\none\n\n${end}\n`)
  })

  for (const document of [begin, end, `${end}${begin}`, `${begin}${begin}${end}`]) {
    it(`is refused between ${JSON.stringify(document)}`, () => {
      expect(() => replaceSection(document, 'schema', 'one', 'A.md')).to.throw('A.md has the marker')
    })
  }
})
