import type { Check } from './check.ts'
import { sentenceOf, severityOf, subjectOf, type DataFacts } from './data-facts.ts'

/** Finds data that is not what it was once the migrations have been rolled back. */
export const rollbackDataDrift: Check<DataFacts> = {
  id: 'rollback-data-drift',
  description: 'After the rollback the data is not what it was before migrating.',
  judge: ({ differences, allowed }) =>
    differences.map((difference) => ({
      id: 'rollback-data-drift',
      severity: severityOf(difference, allowed, 'error'),
      subject: subjectOf(difference),
      message: `After the rollback, ${sentenceOf(difference, allowed)}`,
      remedy: 'Let up keep what it replaces and down bring it back, or allow it in allowedDataChanges.',
    })),
}
