import { keyOf, type Catalog, type CatalogDifference } from '../../catalog/catalog.ts'
import type { TableName } from '../../catalog/read.ts'
import type { DatabaseState } from '../../catalog/state.ts'
import type { StepDifference } from '../../checks/step-facts.ts'
import { catalogDifferences, changedTables } from './compare-states.ts'

/** Names of all that up changed: objects, and tables whose rows are others. */
export function touchedNames(
  before: DatabaseState,
  after: DatabaseState,
  ignoreTables: readonly TableName[],
): ReadonlySet<string> {
  const differences = catalogDifferences(before.catalog, after.catalog, ignoreTables)
  return new Set([...changedTables(before, after), ...differences.map(({ name }) => name)])
}

/** Marks what is new to the migration: objects that were there, that it had left alone and that are not as they were. */
export function withBeyondUp(
  differences: readonly CatalogDifference[],
  touched: ReadonlySet<string>,
  before: Catalog,
): StepDifference[] {
  return differences.map((difference) => {
    const isKnown = difference.change !== 'added'
    return { ...difference, beyondUp: isKnown && !isTouched(difference, touched, before) }
  })
}

function isTouched(
  object: Pick<CatalogDifference, 'kind' | 'name'>,
  touched: ReadonlySet<string>,
  catalog: Catalog,
): boolean {
  if (touched.has(object.name)) return true
  const parent = parentOf(object, catalog)
  return parent !== null && touched.has(parent)
}

/** The table or other object that it belongs to; schemas hold everything and say nothing. */
function parentOf(object: Pick<CatalogDifference, 'kind' | 'name'>, catalog: Catalog): string | null {
  const parent = catalog.objects.get(keyOf(object))?.parent ?? null
  return parent === null || catalog.objects.has(keyOf({ kind: 'schema', name: parent })) ? null : parent
}
