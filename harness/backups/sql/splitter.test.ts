import { expect } from 'chai'
import { SqlSplitter } from './splitter.ts'
import type { SqlEvent } from './splitter.ts'

describe('splitting SQL', () => {
  const cases: readonly (readonly [title: string, sql: string, expected: readonly string[]])[] = [
    ['statements at semicolons', 'select 1; select 2;\nselect 3', ['select 1;', 'select 2;', 'select 3']],
    ['not at those in strings', `select 'a;''b;' , U&'\\;';x;`, [`select 'a;''b;' , U&'\\;';`, 'x;']],
    ['backslashes of plain strings as they are', `select 'C:\\'; x;`, [`select 'C:\\';`, 'x;']],
    ['escape strings', `select E'\\';''\\\\'; x;`, [`select E'\\';''\\\\';`, 'x;']],
    ['words that end in e before strings', `select date'a\\'; x;`, [`select date'a\\';`, 'x;']],
    [
      'plain strings with escapes when the dump says so',
      `SET standard_conforming_strings = off; select '\\';'; x;`,
      ['SET standard_conforming_strings = off;', `select '\\';';`, 'x;'],
    ],
    ['quoted names', 'select "a;""b;"; x;', ['select "a;""b;";', 'x;']],
    [
      'dollar quotes',
      'do $$ a; $x$ b; $$; do $x1$ $$ ; $x$ ; $x1$; x;',
      ['do $$ a; $x$ b; $$;', 'do $x1$ $$ ; $x$ ; $x1$;', 'x;'],
    ],
    ['parameters and names with dollars', 'select $1; select a$b$; x;', ['select $1;', 'select a$b$;', 'x;']],
    [
      'comments',
      '-- a;\nselect /* ; /* ; */ ; */ 1 -- ;\n; /* b; */ x;',
      ['# -- a;', 'select /* ; /* ; */ ; */ 1 -- ;\n;', 'x;'],
    ],
    [
      'rules in parentheses',
      'create rule r as on insert to t do (a; b); x;',
      ['create rule r as on insert to t do (a; b);', 'x;'],
    ],
    [
      'routine bodies in SQL',
      'CREATE OR REPLACE FUNCTION f() BEGIN ATOMIC select case when a then 1 end; select 2; END; BEGIN; END;',
      [
        'CREATE OR REPLACE FUNCTION f() BEGIN ATOMIC select case when a then 1 end; select 2; END;',
        'BEGIN;',
        'END;',
      ],
    ],
    [
      'COPY data',
      'copy t (a) from stdin;\n1;\t\\N\n\\.\nx;',
      ['copy t (a) from stdin;', '> 1;\t\\N\n', '.', 'x;'],
    ],
    ['COPY data without rows', 'COPY t FROM stdin;\n\\.\n\nx;', ['COPY t FROM stdin;', '.', 'x;']],
    [
      'COPY data with Windows line ends',
      'COPY t FROM stdin;\r\n1\r\n\\.\r\nx;',
      ['COPY t FROM stdin;', '> 1\r\n', '.', 'x;'],
    ],
    [
      'COPY data that only begins like its end',
      'COPY t FROM stdin;\n\\.x\n\\\\.\n\\.\n',
      ['COPY t FROM stdin;', '> \\.x\n\\\\.\n', '.'],
    ],
    ['COPY data that ends with the file', 'COPY t FROM stdin;\n1\n\\.', ['COPY t FROM stdin;', '> 1\n', '.']],
    ['COPY data cut off', 'COPY t FROM stdin;\n1\n2', ['COPY t FROM stdin;', '> 1\n2', '! COPY data']],
    [
      'COPY data cut off within its end',
      'COPY t FROM stdin;\n1\n\\',
      ['COPY t FROM stdin;', '> 1\n\\', '! COPY data'],
    ],
    [
      'psql commands',
      '\\restrict ab\nselect 1 \\gset\nx;',
      ['\\restrict restrict ab', '\\gset gset < select 1 ', 'x;'],
    ],
    ['a byte order mark away', '\u{feff}-- a\nx;', ['# -- a', 'x;']],
    ['a string cut off', `select 'a;`, ['! string']],
    ['a dollar quote cut off', 'do $$ a;', ['! dollar quote']],
    ['a comment without a line end', '-- complete', ['# -- complete']],
  ]
  for (const [title, sql, expected] of cases) {
    it(`sees ${title}, whatever the chunks`, () => {
      for (const size of [1, 2, 3, 7, 10_000]) {
        expect(split(Buffer.from(sql), size), `chunks of ${size} bytes`).to.deep.equal(expected)
      }
    })
  }

  it('holds statements larger than many chunks', () => {
    const long = `select '${'x;\n'.repeat(100_000)}';`
    expect(split(Buffer.from(`${long}${long}`), 4096)).to.deep.equal([long, long])
  })
})

/** Events as lines: COPY data of neighbouring pieces joined, comments `#`, data `>`, its end `.`. */
function split(sql: Buffer, size: number): string[] {
  const splitter = new SqlSplitter()
  const lines: string[] = []
  const take = (event: SqlEvent): void => {
    const last = lines.at(-1)
    if (event.kind === 'copy-data' && last?.startsWith('> '))
      lines[lines.length - 1] = last + event.data.toString()
    else lines.push(lineOf(event))
  }
  for (let at = 0; at < sql.length; at += size) {
    for (const event of splitter.push(sql.subarray(at, at + size))) take(event)
  }
  for (const event of splitter.end()) take(event)
  return lines
}

function lineOf(event: SqlEvent): string {
  switch (event.kind) {
    case 'comment':
      return `# ${event.text}`
    case 'copy-data':
      return `> ${event.data.toString()}`
    case 'copy-end':
      return '.'
    case 'unterminated':
      return `! ${event.what}`
    case 'meta':
      return `\\${event.name} ${event.line.slice(1)}${event.before.length > 0 ? ` < ${event.before.toString()}` : ''}`
    default:
      return event.sql.toString()
  }
}
