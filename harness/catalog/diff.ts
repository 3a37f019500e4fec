import type { Catalog, CatalogDifference, CatalogObject } from './catalog.ts'
import { columnOrderDifferences } from './column-order.ts'
import { createFolds, type Change } from './folds.ts'

/**
 * How `after` differs from `before`, object by object and attribute by attribute, sorted by name. What follows
 * from another difference is not told again: the columns of a missing table, a partition's copy of a dropped
 * constraint, the columns of a view with another definition. A missing or added object counts what went or
 * came with it (`with 3 columns, 1 index`). Everything is an error but another column order and a sequence
 * that is ahead. Renames are a missing and an added object.
 */
export function diffCatalogs(before: Catalog, after: Catalog): CatalogDifference[] {
  const changes = [...findChanges(before, after)]
  const folds = createFolds(changes)
  const told = changes.filter((change) => !folds.covers(change))
  return [
    ...told.map((change) => describe(change, folds.with(change))),
    ...columnOrderDifferences(before, after),
  ].toSorted(byName)
}

function* findChanges(before: Catalog, after: Catalog): Generator<Change> {
  for (const [key, object] of before.objects) {
    const other = after.objects.get(key)
    if (other === undefined) yield { change: 'missing', object, attribute: null }
    else yield* findAttributes(object, other)
  }
  for (const [key, object] of after.objects) {
    if (!before.objects.has(key)) yield { change: 'added', object, attribute: null }
  }
}

/** Told apart from other attributes elsewhere: a column's place, and whose copy an object is. */
const structural = new Set(['position', 'partOf'])

function* findAttributes(object: CatalogObject, other: CatalogObject): Generator<Change> {
  for (const attribute of new Set([...Object.keys(object.attributes), ...Object.keys(other.attributes)])) {
    if (structural.has(attribute)) continue
    const one = object.attributes[attribute] ?? null
    const two = other.attributes[attribute] ?? null
    if (one !== two) yield { change: 'changed', object, other, attribute }
  }
}

function describe(change: Change, companions: string | null): CatalogDifference {
  const { kind, name } = change.object
  if (change.change === 'changed') {
    const before = textOf(change.object.attributes[change.attribute])
    const after = textOf(change.other.attributes[change.attribute])
    const severity = isAhead(change) ? 'notice' : 'error'
    return { kind, name, change: 'changed', attribute: change.attribute, before, after, severity }
  }
  const [before, after] = change.change === 'missing' ? [companions, null] : [null, companions]
  return { kind, name, change: change.change, attribute: null, before, after, severity: 'error' }
}

function textOf(value: string | number | boolean | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}

/** A sequence that gives later values than before: rows inserted since are no reason to fear a collision. */
function isAhead(change: Change): boolean {
  if (change.change !== 'changed' || change.attribute !== 'nextValue') return false
  const [before, after] = [change.object, change.other].map(({ attributes }) =>
    BigInt(String(attributes['nextValue'])),
  )
  if (before === undefined || after === undefined) return false
  return String(change.other.attributes['increment']).startsWith('-') ? after < before : after > before
}

function byName(one: CatalogDifference, other: CatalogDifference): number {
  const keyOf = ({ name, kind, attribute }: CatalogDifference) => `${name}\0${kind}\0${attribute ?? ''}`
  return keyOf(one) < keyOf(other) ? -1 : 1
}
