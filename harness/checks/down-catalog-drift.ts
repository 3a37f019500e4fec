import { byObject, detailsOf, happened } from './catalog-words.ts'
import type { Check } from './check.ts'
import { isWithoutEffect, type StepFacts } from './step-facts.ts'

/** Finds objects that a migration's own down does not bring back as they were; a finding an object. */
export const downCatalogDrift: Check<StepFacts> = {
  id: 'down-catalog-drift',
  description: 'After its down an object of the database is not what it was before the migration.',
  judge: (facts) => {
    if (isWithoutEffect(facts)) return []
    const { migration, catalog } = facts
    const own = catalog.filter((difference) => !difference.beyondUp || difference.severity !== 'error')
    return byObject(own).map((differences) => {
      const isError = differences.some(({ severity }) => severity === 'error')
      const [{ kind, name } = { kind: '', name: '' }] = differences
      return {
        id: 'down-catalog-drift',
        severity: isError ? 'error' : 'notice',
        subject: migration,
        message: `After down, ${kind} ${name} ${happened(differences)}.`,
        ...(isError ? { remedy: `Let down restore ${kind} ${name} as it was.` } : {}),
        evidence: { migration, direction: 'down', details: differences.flatMap(detailsOf) },
      }
    })
  },
}
