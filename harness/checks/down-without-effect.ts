import { happened, byObject } from './catalog-words.ts'
import type { Check } from './check.ts'
import { sentenceOf } from './data-facts.ts'
import { isWithoutEffect, type StepFacts } from './step-facts.ts'

/** Finds a down that reports success and undoes nothing of what up did. */
export const downWithoutEffect: Check<StepFacts> = {
  id: 'down-without-effect',
  description: 'A down ran without an error and undid nothing.',
  judge: (facts) => {
    if (!isWithoutEffect(facts)) return []
    const { migration, catalog, data, allowed } = facts
    const details = [
      ...byObject(catalog).map((group) => `${group[0]?.kind} ${group[0]?.name} ${happened(group)}`),
      ...data.map((difference) => sentenceOf(difference, allowed)),
    ]
    return [
      {
        id: 'down-without-effect',
        severity: 'error',
        subject: migration,
        message: `down ran without an error and changed nothing: ${details.slice(0, 3).join('; ')}${details.length > 3 ? `; and ${details.length - 3} more` : ''}.`,
        remedy: 'Write what undoes up, and call .execute() on every query of it.',
        evidence: { migration, direction: 'down', details },
      },
    ]
  },
}
