import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { parseReplay } from './replay.ts'

describe('replays', () => {
  it('are statements with times and parameters', () => {
    const replay = parseReplay(readFileSync(packageFile('fixtures/probes/replay.jsonl'), 'utf8'))
    expect(replay.map(({ atMs, params }) => ({ atMs, params }))).to.deep.equal([
      { atMs: 0, params: [3] },
      { atMs: 40, params: [] },
      { atMs: 55.5, params: ['0131 496 0000', 4] },
    ])
  })

  for (const [text, words] of [
    ['', 'it has no statement'],
    ['{"at_ms": 0}', 'line 1: sql'],
    ['{"at_ms": 5, "sql": "a"}\n\n{"at_ms": 4, "sql": "b"}', 'line 3: at_ms is less'],
    ['{"at_ms": 0, "sql": "a", "parms": []}', 'parms'],
    ['select 1', 'line 1: it is not JSON'],
  ] as const) {
    it(`are refused with a reason: ${JSON.stringify(text)}`, () => {
      expect(() => parseReplay(text)).to.throw(words)
    })
  }
})
