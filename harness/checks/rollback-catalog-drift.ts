import type { CatalogDifference } from '../catalog/catalog.ts'
import type { Finding } from '../rehearsal.ts'
import { byObject, detailsOf, happened } from './catalog-words.ts'
import type { Check } from './check.ts'

export interface CatalogFacts {
  /** From before migrating to after the rollback. */
  readonly differences: readonly CatalogDifference[]
}

/** Finds objects that are not what they were once the migrations have been rolled back; a finding an object. */
export const rollbackCatalogDrift: Check<CatalogFacts> = {
  id: 'rollback-catalog-drift',
  description: 'After the rollback an object of the database is not what it was before migrating.',
  judge: ({ differences }) => byObject(differences).map(judgeObject),
}

function judgeObject(differences: readonly CatalogDifference[]): Finding {
  const isError = differences.some(({ severity }) => severity === 'error')
  const [{ kind, name } = { kind: '', name: '' }] = differences
  return {
    id: 'rollback-catalog-drift',
    severity: isError ? 'error' : 'notice',
    subject: name,
    message: `After the rollback, ${kind} ${name} ${happened(differences)}.`,
    ...(isError ? { remedy: `Let down restore ${kind} ${name} as it was.` } : {}),
    evidence: { details: differences.flatMap(detailsOf) },
  }
}
