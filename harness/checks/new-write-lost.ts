import type { DataDifference } from '../catalog/data-difference.ts'
import type { Severity } from '../rehearsal.ts'
import type { Check } from './check.ts'
import { sentenceOf, subjectOf } from './data-facts.ts'

export interface NewWritesFacts {
  /** What rolling back takes from the database as it was before the new writes. */
  readonly undisturbed: readonly DataDifference[]
  /** What rolling back took from it with them. */
  readonly disturbed: readonly DataDifference[]
}

/**
 * Finds what a rollback made of rows that were written with the new schema, beyond what it makes of the old ones:
 * what the old schema could hold and lost is an error, what it had to cut to fit a warning, and what it has no
 * place for a notice.
 */
export const newWriteLost: Check<NewWritesFacts> = {
  id: 'new-write-lost',
  description: 'A rollback lost or changed what had been written with the new schema.',
  judge: ({ undisturbed, disturbed }) =>
    disturbed.flatMap((difference) => {
      const same = undisturbed.find(
        (it) =>
          it.table === difference.table && it.column === difference.column && it.kind === difference.kind,
      )
      const rows = amountOf(difference) - (same === undefined ? 0 : amountOf(same))
      if (rows <= 0) return []
      const { severity, why, remedy } = judged(difference, same !== undefined)
      return [
        {
          id: 'new-write-lost',
          severity,
          subject: subjectOf(difference),
          message: `Written with the new schema, then rolled back: ${sentence(difference, rows)}. ${why}`,
          ...(remedy === undefined ? {} : { remedy }),
        },
      ]
    }),
}

/** Values of a dropped column, rows of everything else. */
function amountOf({ kind, rows, nonNullLost }: DataDifference): number {
  return kind === 'column-dropped' ? (nonNullLost ?? 0) : rows
}

function sentence(difference: DataDifference, rows: number): string {
  const newest =
    difference.kind === 'column-dropped' ? { ...difference, nonNullLost: rows } : { ...difference, rows }
  return sentenceOf(newest, [])
}

function judged(
  { kind, relation }: DataDifference,
  isTransformed: boolean,
): { severity: Severity; why: string; remedy?: string } {
  if (relation === 'materialized view') return { severity: 'notice', why: 'They follow from other tables.' }
  if (kind === 'table-dropped' || kind === 'column-dropped')
    return { severity: 'notice', why: 'The old schema has no place for them: no rollback could keep them.' }
  if (kind === 'rows-added') return { severity: 'notice', why: 'The rollback itself adds them.' }
  if (kind === 'column-retyped')
    return {
      severity: 'warning',
      why: 'The old type cannot hold them as they were written.',
      remedy: 'Let the new release write no such values until a rollback is out of the question.',
    }
  if (kind === 'values-changed' && isTransformed)
    return { severity: 'notice', why: 'The rollback changes the older rows in the same way.' }
  return {
    severity: 'error',
    why: 'The old schema could have held them.',
    remedy: 'Let down keep rows and values that the old schema can hold.',
  }
}
