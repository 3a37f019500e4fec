import type { CatalogDifference } from '../catalog/catalog.ts'
import type { Finding } from '../rehearsal.ts'
import type { Check } from './check.ts'

export interface CatalogFacts {
  /** From before migrating to after the rollback. */
  readonly differences: readonly CatalogDifference[]
}

/** Finds objects that are not what they were once the migrations have been rolled back; a finding an object. */
export const rollbackCatalogDrift: Check<CatalogFacts> = {
  id: 'rollback-catalog-drift',
  description: 'After the rollback an object of the database is not what it was before migrating.',
  judge: ({ differences }) => {
    const byObject = Map.groupBy(differences, ({ kind, name }) => `${kind} ${name}`)
    return [...byObject.values()].map(judgeObject)
  },
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

function happened(differences: readonly CatalogDifference[]): string {
  const changed = differences.map(({ change, attribute, before, after }) => {
    if (change === 'missing') return `is missing${before === null ? '' : ` ${before}`}`
    if (change === 'added') return `is still there${after === null ? '' : ` ${after}`}`
    return (
      words[attribute ?? ''] ??
      (after === null ? `lost its ${spoken(attribute)}` : `has another ${spoken(attribute)}`)
    )
  })
  return changed.join(', ')
}

const words: Readonly<Record<string, string>> = {
  columnOrder: 'has its columns in another order',
  nextValue: 'continues at another value',
  notNull: 'differs in NOT NULL',
  fires: 'fires differently',
}

/** `rowSecurity` as `row security`. */
function spoken(attribute: string | null): string {
  return (attribute ?? '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function detailsOf({ change, attribute, before, after }: CatalogDifference): string[] {
  if (change !== 'changed') return []
  return [`${spoken(attribute)} before: ${line(before)}`, `${spoken(attribute)} after: ${line(after)}`]
}

function line(value: string | null): string {
  return value === null ? 'none' : value.replaceAll(/\s+/g, ' ').trim()
}
