import type { CatalogObject } from './catalog.ts'

/** An object that is on one side only, or one attribute of an object that is on both. */
export type Change =
  | { readonly change: 'missing' | 'added'; readonly object: CatalogObject; readonly attribute: null }
  | {
      readonly change: 'changed'
      readonly object: CatalogObject
      readonly other: CatalogObject
      readonly attribute: string
    }

/** Knows which changes follow from which. */
export interface Folds {
  /** Whether another change in the list explains this one. */
  covers(change: Change): boolean
  /** What goes or comes with a missing or added object, such as `with 3 columns, 1 index`; null for nothing. */
  with(change: Change): string | null
}

/** Looks at all changes together, to tell causes from consequences. */
export function createFolds(changes: readonly Change[]): Folds {
  const whole = {
    missing: new Set(namesOf(changes, 'missing')),
    added: new Set(namesOf(changes, 'added')),
  }
  const changed = new Map<string, Set<string>>()
  for (const change of changes) {
    if (change.change !== 'changed') continue
    const attributes = changed.get(change.object.name) ?? new Set()
    changed.set(change.object.name, attributes.add(change.attribute))
  }
  const companions = countCompanions(changes, whole)
  return {
    covers: (change) =>
      change.change === 'changed'
        ? followsChange(change, changed)
        : isPartOf(change.object, whole[change.change]) || comesWithChange(change.object, changed),
    with: (change) =>
      change.change === 'changed' ? null : (companions.get(`${change.change} ${change.object.name}`) ?? null),
  }
}

function* namesOf(changes: readonly Change[], direction: 'missing' | 'added'): Generator<string> {
  for (const { change, object } of changes) if (change === direction) yield object.name
}

function isPartOf(object: CatalogObject, whole: ReadonlySet<string>): boolean {
  const original = partOf(object)
  return (object.parent !== null && whole.has(object.parent)) || (original !== null && whole.has(original))
}

/** Copies that a partition loses or gets when it is detached or attached; a changed view's columns. */
function comesWithChange(object: CatalogObject, changed: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const parent = object.parent === null ? undefined : changed.get(object.parent)
  if (parent === undefined) return false
  if (partOf(object) !== null && (parent.has('partitionOf') || parent.has('inherits'))) return true
  return object.kind === 'column' && parent.has('definition')
}

/** Attributes that only follow when the definition they belong to is another one. */
const defined = new Set(['definition', 'type', 'collation'])

function followsChange(
  { object, other, attribute }: Extract<Change, { change: 'changed' }>,
  changed: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  for (const original of [partOf(object), partOf(other)]) {
    if (original !== null && changed.get(original)?.has(attribute) === true) return true
  }
  const parent = object.parent === null ? undefined : changed.get(object.parent)
  if (parent === undefined) return false
  if (attribute === 'inherited') return parent.has('inherits') || parent.has('partitionOf')
  return parent.has('definition') && defined.has(attribute)
}

function partOf(object: CatalogObject): string | null {
  const original = object.attributes['partOf']
  return typeof original === 'string' ? original : null
}

function countCompanions(
  changes: readonly Change[],
  whole: Readonly<Record<'missing' | 'added', ReadonlySet<string>>>,
): Map<string, string> {
  const parents = new Map(changes.map(({ change, object }) => [`${change} ${object.name}`, object.parent]))
  const counts = new Map<string, Map<string, number>>()
  for (const { change, object } of changes) {
    if (change === 'changed') continue
    let root = object.name
    for (let parent = object.parent; parent !== null && whole[change].has(parent);) {
      root = parent
      parent = parents.get(`${change} ${root}`) ?? null
    }
    if (root === object.name) continue
    const kinds = counts.get(`${change} ${root}`) ?? new Map<string, number>()
    counts.set(`${change} ${root}`, kinds.set(object.kind, (kinds.get(object.kind) ?? 0) + 1))
  }
  return new Map([...counts].map(([root, kinds]) => [root, `with ${enumerate(kinds)}`]))
}

function enumerate(kinds: ReadonlyMap<string, number>): string {
  return [...kinds].map(([kind, count]) => `${count} ${count === 1 ? kind : plural(kind)}`).join(', ')
}

function plural(kind: string): string {
  if (kind.endsWith('index')) return `${kind}es`
  if (kind.endsWith('y')) return `${kind.slice(0, -1)}ies`
  return kind.endsWith('s') ? kind : `${kind}s`
}
