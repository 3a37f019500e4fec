import { expect } from 'chai'
import { renderCaret } from './caret.ts'
import { cellsOf, columnsOf } from './text-width.ts'

describe('caret', () => {
  it('points at the character of a short statement', () => {
    expect(renderCaret({ text: 'selec 1', position: 1 })).to.equal('selec 1\n^')
    expect(renderCaret({ text: 'select * form t', position: 10 })).to.equal('select * form t\n         ^')
  })

  it('points behind the end, where Postgres reports a missing rest', () => {
    expect(renderCaret({ text: 'select', position: 7 })).to.equal('select\n      ^')
  })

  it('numbers lines and shows two around the one in question', () => {
    const text = 'create table t (\n  a int,\n  b int,\n  c itn,\n  d int,\n  e int,\n  f int\n)'
    expect(renderCaret({ text, position: text.indexOf('itn') + 1 })).to.equal(
      [
        '  | …',
        '2 |   a int,',
        '3 |   b int,',
        '4 |   c itn,',
        '  |     ^',
        '5 |   d int,',
        '6 |   e int,',
        '  | …',
      ].join('\n'),
    )
  })

  it('counts characters as Postgres does and columns as a terminal does', () => {
    const table = [
      { text: `select '😀' form t`, at: 'form', columns: 12 },
      { text: `select '価格' form t`, at: 'form', columns: 14 },
      { text: `select 'e\u0301' form t`, at: 'form', columns: 11 },
      { text: `\tselect\tform`, at: 'form', columns: 12 },
      { text: `select '\u001b[31m' form`, at: 'form', columns: 15 },
    ]
    for (const { text, at, columns } of table) {
      const position = Array.from(text.slice(0, text.indexOf(at))).length + 1
      const [, caret] = renderCaret({ text, position }).split('\n')
      expect(caret, text).to.equal(`${' '.repeat(columns)}^`)
    }
  })

  it('lets no control character through to a terminal', () => {
    expect(renderCaret({ text: `select '\u001b[31m\u0007'`, position: 1 })).not.to.match(/\p{Cc}(?<!\n)/u)
  })

  it('cuts a long line around the position, wherever that is', () => {
    const text = `insert into t values (${Array.from({ length: 2000 }, (_, n) => `'価${n}'`).join(', ')})`
    for (const position of [1, 60, 500, 5000, text.length]) {
      const [line = '', caret = ''] = renderCaret({ text, position }, { maxWidth: 80 }).split('\n')
      expect(columnsOf(cellsOf(line)), `at ${position}`).to.be.at.most(80)
      const marked = cellsOf(line).reduce(
        ({ columns, found }, cell) => ({
          columns: columns + cell.columns,
          found: columns === caret.length - 1 ? cell.text : found,
        }),
        { columns: 0, found: '' },
      )
      expect(marked.found, `at ${position}`).to.equal(text[position - 1])
    }
  })

  it('understands Windows line ends', () => {
    expect(renderCaret({ text: 'select 1,\r\n  boom', position: 14 })).to.equal(
      '1 | select 1,\n2 |   boom\n  |   ^',
    )
  })

  it('shows the beginning and no caret without a position, or with one beyond the kept text', () => {
    for (const position of [null, 999]) {
      expect(renderCaret({ text: 'select 1', position })).to.equal('select 1')
    }
    const long = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n')
    expect(renderCaret({ text: long }).split('\n').length).to.equal(6)
  })

  it('survives every position of a text with everything in it', () => {
    const text = `a\tb\r\nc😀\u0301価\n\n'👩‍👩‍👧'\u0000\n`
    for (let position = 0; position < 40; position += 1) {
      expect(renderCaret({ text, position })).to.be.a('string')
    }
  })
})
