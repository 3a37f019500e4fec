import type { Leftovers } from '../catalog/leftovers.ts'
import type { Check } from './check.ts'

/** Finds indexes that a CONCURRENTLY which failed has left: writes keep them up, and no query may use them. */
export const invalidIndexLeft: Check<LeftoverFacts> = {
  id: 'invalid-index-left',
  description: 'An index is invalid after the run.',
  judge: ({ before, after }) =>
    after.invalidIndexes
      .filter(({ index }) => !before.invalidIndexes.some((it) => it.index === index))
      .map(({ index, table }) => ({
        id: 'invalid-index-left',
        severity: 'error',
        subject: index,
        message: `The index ${index} on ${table} is invalid: writes keep it up, and no query may use it.`,
        remedy:
          'Drop it concurrently and build it again. IF NOT EXISTS accepts an invalid index and hides this.',
      })),
}

export interface LeftoverFacts {
  /** Of the database as restored. */
  readonly before: Leftovers
  readonly after: Leftovers
}
