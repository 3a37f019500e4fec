import type { Check } from './check.ts'
import { sentenceOf, severityOf } from './data-facts.ts'
import { isWithoutEffect, type StepFacts } from './step-facts.ts'

/** Finds rows and values that a migration's own down does not bring back. */
export const downDataDrift: Check<StepFacts> = {
  id: 'down-data-drift',
  description: 'After its down the data is not what it was before the migration.',
  judge: (facts) => {
    if (isWithoutEffect(facts)) return []
    const { migration, data, allowed } = facts
    return data.map((difference) => ({
      id: 'down-data-drift',
      severity: severityOf(difference, allowed, 'error'),
      subject: migration,
      message: `After down, ${sentenceOf(difference, allowed)}.`,
      remedy: 'Let up keep what it replaces and down bring it back, or allow it in allowedDataChanges.',
      evidence: { migration, direction: 'down' },
    }))
  },
}
