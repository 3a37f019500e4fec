import { expect } from 'chai'
import { migratorFindings } from './findings.ts'
import { transcriptOf } from './outcome.ts'
import type { MigratorOutcome } from './outcome.ts'
import type { Setting } from './protocol.ts'

const step = { migration: 'a', direction: 'up' } as const

/** One migration that ended and left these settings in its transaction, and those on the connection. */
function leaving(settingsLeft: Setting[], settingsKept: Setting[]): string[] {
  const transcript = transcriptOf([
    {
      kind: 'loaded',
      kyselyVersion: '0.29.9',
      table: 'kysely_migration',
      tableSchema: null,
      observed: true,
      ignored: [],
    },
    { kind: 'started', ...step, at: 1 },
    {
      kind: 'ended',
      ...step,
      at: 2,
      inTransaction: true,
      threw: false,
      committedInside: false,
      unawaited: [],
      settingsLeft,
    },
  ])
  if (transcript === undefined) throw new Error('It was loaded.')
  const outcome: MigratorOutcome = {
    ...transcript,
    settingsKept,
    results: [{ name: 'a', direction: 'up', status: 'success' }],
    ended: 'done',
    stall: null,
    exitCode: 0,
    signal: null,
    output: '',
  }
  return migratorFindings(outcome, 'up', [])
    .filter(({ id }) => id === 'session-setting-left')
    .map(({ message }) => message)
}

describe('settings that a migration leaves', () => {
  const timeout = { name: 'lock_timeout', value: '2000' }
  const path = { name: 'search_path', value: 'shop' }

  it('are told, but for a lock_timeout that ends with the transaction, as we advise it', () => {
    expect(leaving([timeout], [])).to.deep.equal([])
    expect(leaving([timeout, path], [])).to.deep.equal([
      'up left search_path = shop until the transaction ends, for the migrations that follow.',
    ])
  })

  it('are told of a lock_timeout that stays on the connection', () => {
    expect(leaving([timeout], [timeout])).to.deep.equal([
      'up left lock_timeout = 2000 on the connection, also after the migrations.',
    ])
  })
})
