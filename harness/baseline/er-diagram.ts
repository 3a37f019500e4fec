import type { Catalog, CatalogObject } from '../catalog/catalog.ts'

/** More tables than this in one picture cannot be read. */
const drawable = 40

/**
 * A Mermaid ER diagram of the tables and their foreign keys; partitions are left out. Undefined when there are
 * no tables, or too many for one picture (then only those with foreign keys are drawn, if that is few enough).
 */
export function erDiagram(catalog: Catalog): string | undefined {
  const objects = [...catalog.objects.values()]
  const tables = objects.filter(
    ({ kind, attributes }) => kind === 'table' && attributes['partitionOf'] === undefined,
  )
  const names = new Set(tables.map(({ name }) => name))
  const required = new Set(
    objects
      .filter(({ kind, attributes }) => kind === 'column' && attributes['notNull'] === true)
      .map(({ name }) => name),
  )
  const references = objects
    .flatMap((object) => referenceOf(object, required))
    .filter(({ from, to }) => names.has(from) && names.has(to))
  const linked = new Set(references.flatMap(({ from, to }) => [from, to]))
  const drawn = names.size <= drawable ? [...names] : [...linked]
  if (drawn.length === 0 || drawn.length > drawable) return undefined
  const boxes = drawn.toSorted().map((name) => box(name, objects))
  const lines = references.map(
    ({ from, to, columns, optional }) =>
      `  ${entity(to)} ${optional ? '|o' : '||'}--o{ ${entity(from)} : "${label(columns)}"`,
  )
  return ['erDiagram', ...boxes, ...lines.toSorted()].join('\n')
}

interface Reference {
  readonly from: string
  readonly to: string
  readonly columns: string
  readonly optional: boolean
}

const foreignKey = /^FOREIGN KEY \((.*?)\) REFERENCES ((?:"(?:[^"]|"")*"|[^("\s])+)\(/

function referenceOf(
  { kind, parent, attributes }: CatalogObject,
  required: ReadonlySet<string>,
): Reference[] {
  if (kind !== 'constraint' || parent === null || attributes['partOf'] !== undefined) return []
  const [, columns, to] = foreignKey.exec(String(attributes['definition'])) ?? []
  if (columns === undefined || to === undefined) return []
  const optional = columns.split(', ').some((column) => !required.has(`${parent}.${column}`))
  return [{ from: parent, to, columns, optional }]
}

function box(table: string, objects: readonly CatalogObject[]): string {
  const mine = objects.filter(({ parent }) => parent === table)
  const keys = new Set(
    mine.flatMap(({ kind, attributes }) => {
      const primary =
        kind === 'constraint'
          ? /^PRIMARY KEY \((.*)\)/.exec(String(attributes['definition']))?.[1]
          : undefined
      return primary?.split(', ') ?? []
    }),
  )
  const columns = mine
    .filter(({ kind }) => kind === 'column')
    .toSorted((one, other) => Number(one.attributes['position']) - Number(other.attributes['position']))
    .map(({ name, attributes }) => {
      const column = name.slice(table.length + 1)
      return `    ${word(String(attributes['type']))} ${word(column)}${keys.has(column) ? ' PK' : ''}`
    })
  return [`  ${entity(table)} {`, ...columns, '  }'].join('\n')
}

/** Mermaid takes any text in quotes as an entity's name. */
function entity(name: string): string {
  return `"${label(name.replace(/^public\./, ''))}"`
}

function label(text: string): string {
  return text.replaceAll('"', '')
}

/** Types and columns are words of letters, digits, hyphens, underscores, brackets and parentheses. */
function word(text: string): string {
  return text.replaceAll('"', '').replaceAll(/[^\w()[\]-]+/g, '_')
}
