import type { Check } from './check.ts'
import { remedyOf, sentenceOf, severityOf, subjectOf, type DataFacts } from './data-facts.ts'

/** Finds values that a migration changed in columns that were there before it. */
export const dataChanged: Check<DataFacts> = {
  id: 'data-changed',
  description: 'A migration changed values in a column that was there before it.',
  judge: ({ differences, allowed }) =>
    differences
      .filter(({ kind }) => kind === 'values-changed' || kind === 'column-retyped')
      .map((difference) => ({
        id: 'data-changed',
        severity: severityOf(difference, allowed, 'error'),
        subject: subjectOf(difference),
        message: sentenceOf(difference, allowed),
        ...remedyOf(difference, allowed),
      })),
}
