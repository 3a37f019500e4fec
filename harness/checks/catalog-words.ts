import type { CatalogDifference } from '../catalog/catalog.ts'

/** The differences of each object together. */
export function byObject(differences: readonly CatalogDifference[]): CatalogDifference[][] {
  return [...Map.groupBy(differences, ({ kind, name }) => `${kind} ${name}`).values()]
}

/** What became of one object, such as `is missing with 2 columns, differs in NOT NULL`. */
export function happened(differences: readonly CatalogDifference[]): string {
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

/** Both values of what changed, a line each. */
export function detailsOf({ change, attribute, before, after }: CatalogDifference): string[] {
  if (change !== 'changed') return []
  return [`${spoken(attribute)} before: ${line(before)}`, `${spoken(attribute)} after: ${line(after)}`]
}

function line(value: string | null): string {
  return value === null ? 'none' : value.replaceAll(/\s+/g, ' ').trim()
}
