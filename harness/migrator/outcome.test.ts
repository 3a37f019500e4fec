import { expect } from 'chai'
import { transcriptOf } from './outcome.ts'
import type { Message } from './protocol.ts'

const loaded: Message = {
  kind: 'loaded',
  kyselyVersion: '0.29.9',
  table: 'kysely_migration',
  tableSchema: null,
  observed: true,
  ignored: [],
}
const step = { migration: 'a', direction: 'up' } as const
const seen = { inTransaction: true, threw: false, committedInside: false, unawaited: [], settingsLeft: [] }

describe('transcripts', () => {
  it('are undefined before anything was loaded', () => {
    expect(transcriptOf([])).to.equal(undefined)
  })

  it('leave a run open that never ended', () => {
    const transcript = transcriptOf([loaded, { kind: 'started', ...step, at: 1 }])
    expect(transcript?.runs).to.deep.equal([
      { ...step, startedAt: 1, endedAt: null, observation: null, late: [] },
    ])
    expect(transcript).to.deep.include({ listed: [], results: [], error: null })
  })

  it('give a late query to the last run of its migration', () => {
    const transcript = transcriptOf([
      loaded,
      { kind: 'started', ...step, at: 1 },
      { kind: 'ended', ...step, at: 2, ...seen },
      { kind: 'started', migration: 'b', direction: 'up', at: 3 },
      { kind: 'late', ...step, at: 4, statement: 'select 1' },
    ])
    expect(
      transcript?.runs.map(({ migration, endedAt, late }) => ({ migration, endedAt, late })),
    ).to.deep.equal([
      { migration: 'a', endedAt: 2, late: ['select 1'] },
      { migration: 'b', endedAt: null, late: [] },
    ])
    expect(transcript?.runs[0]?.observation).to.deep.equal(seen)
  })
})
