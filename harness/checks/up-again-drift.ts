import { byObject, detailsOf, happened } from './catalog-words.ts'
import type { Check } from './check.ts'
import type { StepFacts } from './step-facts.ts'

/**
 * Finds a migration whose second up, after its down, ends in another state than the first. Other values alone are
 * a notice: where down was faithful, they are what depends on time or chance.
 */
export const upAgainDrift: Check<StepFacts> = {
  id: 'up-again-drift',
  description: 'Applied again after its down, a migration ends in another state than the first time.',
  judge: ({ migration, again, catalog }) => {
    // What down left behind is still there and is told already.
    const left = new Set(catalog.map(({ kind, name, attribute }) => `${kind} ${name} ${attribute}`))
    const differences = (again?.catalog ?? []).filter(
      ({ kind, name, attribute }) => !left.has(`${kind} ${name} ${attribute}`),
    )
    const evidence = { migration, direction: 'up' } as const
    const tables = again?.tables ?? []
    return [
      ...byObject(differences).map((group) => ({
        id: 'up-again-drift',
        severity: 'error' as const,
        subject: migration,
        message: `Applied again after its down, ${group[0]?.kind} ${group[0]?.name} ${happened(group)}, unlike the first time.`,
        remedy: 'Let down bring everything back that up builds on, so that it can be applied again.',
        evidence: { ...evidence, details: group.flatMap(detailsOf) },
      })),
      ...(tables.length === 0
        ? []
        : [
            {
              id: 'up-again-drift',
              severity: 'notice' as const,
              subject: migration,
              message: `Applied again after its down, ${tables.join(', ')} ${tables.length === 1 ? 'holds' : 'hold'} other rows or values than the first time.`,
              evidence,
            },
          ]),
    ]
  },
}
