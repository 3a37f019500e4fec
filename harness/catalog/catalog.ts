/** A whole database's objects, by key; equal databases have equal catalogs. */
export interface Catalog {
  /** Keyed by `keyOf(object)`. */
  readonly objects: ReadonlyMap<string, CatalogObject>
}

/** One object and all that is declared about it. */
export interface CatalogObject {
  /** `table`, `column`, `index`, `constraint`, `view`, `function`, `trigger`, `policy`, `type`, ... */
  readonly kind: string
  /** Qualified and readable: `public.listings`, `public.listings.price`, `public.price_of(integer)`. */
  readonly name: string
  /** The table or other object it belongs to, by name; null for none. */
  readonly parent: string | null
  /** What is declared: type, default, definition, owner, grants, comment, options, ... */
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>
}

export interface CatalogDifference {
  readonly kind: string
  readonly name: string
  readonly change: 'missing' | 'added' | 'changed'
  /** For `changed`: which attribute, and both values. */
  readonly attribute: string | null
  readonly before: string | null
  readonly after: string | null
  /** `notice`: cosmetic, such as column order; `error`: the databases behave differently. */
  readonly severity: 'error' | 'notice'
}

/** Unique over a catalog. */
export function keyOf(object: Pick<CatalogObject, 'kind' | 'name'>): string {
  return `${object.kind} ${object.name}`
}
