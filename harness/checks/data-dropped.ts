import type { DataDifference } from '../catalog/data-difference.ts'
import type { Check } from './check.ts'
import { sentenceOf, severityOf, subjectOf, type DataFacts } from './data-facts.ts'

/** Finds columns and tables that a migration dropped with what was in them, which no rollback brings back. */
export const dataDropped: Check<DataFacts> = {
  id: 'data-dropped',
  description: 'A migration dropped a column or table that held data.',
  judge: ({ differences, allowed }) =>
    differences
      .filter(({ kind }) => kind === 'column-dropped' || kind === 'table-dropped')
      .map((difference) => ({
        id: 'data-dropped',
        severity: isEmpty(difference) ? 'notice' : severityOf(difference, allowed, 'warning'),
        subject: subjectOf(difference),
        message: sentenceOf(difference, allowed),
        ...(isEmpty(difference)
          ? {}
          : {
              remedy: 'Keep a copy until the release has proved itself: a rollback brings back none of it.',
            }),
      })),
}

function isEmpty({ kind, rows, nonNullLost }: DataDifference): boolean {
  return (kind === 'column-dropped' ? nonNullLost : rows) === 0
}
