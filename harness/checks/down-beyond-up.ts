import { byObject, detailsOf, happened } from './catalog-words.ts'
import type { Check } from './check.ts'
import { isWithoutEffect, type StepFacts } from './step-facts.ts'

/** Finds objects that a down changed although its up leaves them alone, as the down of another migration would. */
export const downBeyondUp: Check<StepFacts> = {
  id: 'down-beyond-up',
  description: 'A down changed an object that its up leaves alone.',
  judge: (facts) => {
    if (isWithoutEffect(facts)) return []
    const { migration, catalog } = facts
    const beyond = catalog.filter((difference) => difference.beyondUp && difference.severity === 'error')
    return byObject(beyond).map((differences) => {
      const [{ kind, name } = { kind: '', name: '' }] = differences
      return {
        id: 'down-beyond-up',
        severity: 'error',
        subject: migration,
        message: `down changes what up leaves alone: ${kind} ${name} ${happened(differences)}.`,
        remedy: `Let down undo this migration's up and nothing else; it may be the down of another migration.`,
        evidence: { migration, direction: 'down', details: differences.flatMap(detailsOf) },
      }
    })
  },
}
