import type { Check } from './check.ts'
import { remedyOf, sentenceOf, severityOf, subjectOf, type DataFacts } from './data-facts.ts'

/** Finds rows that a migration removed from or added to tables that were there before it. */
export const rowCountDrift: Check<DataFacts> = {
  id: 'row-count-drift',
  description: 'A migration removed rows from or added rows to a table that was there before it.',
  judge: ({ differences, allowed }) =>
    differences
      .filter(({ kind }) => kind === 'rows-lost' || kind === 'rows-added')
      .map((difference) => ({
        id: 'row-count-drift',
        severity: severityOf(difference, allowed, 'error'),
        subject: subjectOf(difference),
        message: sentenceOf(difference, allowed),
        ...remedyOf(difference, allowed),
      })),
}
