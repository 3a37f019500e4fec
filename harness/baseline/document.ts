import type { Catalog, CatalogObject } from '../catalog/catalog.ts'
import { bytes, count } from '../reports/text.ts'
import { erDiagram } from './er-diagram.ts'
import type { TableSize } from './read-sizes.ts'

export interface DocumentedSchema {
  readonly catalog: Catalog
  readonly sizes: readonly TableSize[]
  /** Where it comes from: a sentence. */
  readonly origin: string
}

/** The schema as a section of Markdown: every table with its columns and all that hangs on it, and an ER diagram. */
export function renderDocument({ catalog, sizes, origin }: DocumentedSchema): string {
  const objects = [...catalog.objects.values()]
  const tables = objects.filter(({ kind }) => kind === 'table').toSorted(byName)
  const diagram = erDiagram(catalog)
  return [
    '## Database schema',
    `${origin} ${summary(objects)}`,
    sizeTable(tables, sizes),
    ...(diagram === undefined ? [] : [`\`\`\`mermaid\n${diagram}\n\`\`\``]),
    ...tables
      .filter(({ attributes }) => attributes['partitionOf'] === undefined)
      .map((table) => tableSection(table, objects)),
    ...listSections(objects),
  ].join('\n\n')
}

function summary(objects: readonly CatalogObject[]): string {
  const counts = ['table', 'view', 'materialized view', 'function', 'type', 'index']
    .map((kind) => [kind, objects.filter((object) => object.kind === kind).length] as const)
    .filter(([, number]) => number > 0)
  const counted = counts.map(([kind, number]) =>
    count(number, kind, kind === 'index' ? 'indexes' : `${kind}s`),
  )
  return counted.length === 0 ? 'It holds no tables.' : `It holds ${counted.join(', ')}.`
}

function sizeTable(tables: readonly CatalogObject[], sizes: readonly TableSize[]): string {
  const rows = tables.flatMap(({ name, attributes }) => {
    const size = sizes.find((it) => it.name === name)
    if (size === undefined) return []
    const about =
      attributes['partitionOf'] === undefined
        ? attributes['comment']
        : `partition of ${String(attributes['partitionOf'])}`
    return [[code(name), size.rows.toLocaleString('en-GB'), bytes(size.bytes), text(about)]]
  })
  return grid(['table', 'rows', 'size', 'what it is'], rows)
}

function tableSection(table: CatalogObject, objects: readonly CatalogObject[]): string {
  const { name, attributes } = table
  const mine = objects.filter((object) => object.parent === name)
  const constraints = mine.filter(({ kind }) => kind === 'constraint')
  const ofConstraints = new Set(constraints.map((constraint) => constraint.name))
  const indexes = objects.filter(
    ({ kind, parent }) => kind === 'index' && parent === name && !ofConstraints.has(parent),
  )
  return [
    `### \`${name}\``,
    ...(attributes['comment'] === undefined ? [] : [text(attributes['comment'])]),
    ...(attributes['partitionedBy'] === undefined ? [] : [partitioning(table, objects)]),
    columnTable(mine.filter(({ kind }) => kind === 'column')),
    ...definitions('Constraints', name, constraints),
    ...definitions('Indexes', name, indexes),
    ...definitions(
      'Triggers',
      name,
      mine.filter(({ kind }) => kind === 'trigger'),
    ),
    ...(attributes['rowSecurity'] === undefined
      ? []
      : [`Row-level security is ${String(attributes['rowSecurity'])}.`]),
    ...policies(name, mine),
  ].join('\n\n')
}

function partitioning({ name, attributes }: CatalogObject, objects: readonly CatalogObject[]): string {
  const parts = objects.filter((object) => object.attributes['partitionOf'] === name).toSorted(byName)
  const list = parts.map((part) => `- \`${part.name}\` ${text(part.attributes['partitionBound'])}`)
  return [`Partitioned by ${code(String(attributes['partitionedBy']))}:`, '', ...list].join('\n')
}

function columnTable(columns: readonly CatalogObject[]): string {
  const ordered = columns.toSorted(
    (one, other) => Number(one.attributes['position']) - Number(other.attributes['position']),
  )
  const rows = ordered.map(({ name, parent, attributes }) => [
    code(name.slice((parent ?? '').length + 1)),
    code(String(attributes['type'])),
    attributes['notNull'] === undefined ? 'yes' : 'no',
    defaultOf(attributes),
    text(attributes['comment']),
  ])
  return grid(['column', 'type', 'null', 'default', 'what it is'], rows)
}

function defaultOf(attributes: CatalogObject['attributes']): string {
  if (attributes['identity'] !== undefined) return `identity, ${String(attributes['identity'])}`
  if (attributes['generated'] !== undefined) return `generated: ${code(String(attributes['generated']))}`
  return attributes['default'] === undefined ? '' : code(String(attributes['default']))
}

function definitions(title: string, table: string, objects: readonly CatalogObject[]): string[] {
  if (objects.length === 0) return []
  const lines = objects
    .toSorted(byName)
    .map(({ name, attributes }) => `- \`${local(name, table)}\`: ${code(String(attributes['definition']))}`)
  return [`${title}:\n\n${lines.join('\n')}`]
}

function policies(table: string, mine: readonly CatalogObject[]): string[] {
  const found = mine.filter(({ kind }) => kind === 'policy').toSorted(byName)
  if (found.length === 0) return []
  const lines = found.map(({ name, attributes }) => {
    const using = attributes['using'] === undefined ? '' : ` using ${code(String(attributes['using']))}`
    const check = attributes['check'] === undefined ? '' : ` with check ${code(String(attributes['check']))}`
    return `- \`${local(name, table)}\`: ${String(attributes['command'])} for ${text(attributes['roles'])}${using}${check}`
  })
  return [`Policies:\n\n${lines.join('\n')}`]
}

function listSections(objects: readonly CatalogObject[]): string[] {
  const section = (title: string, kinds: readonly string[], describe: (object: CatalogObject) => string) => {
    const found = objects.filter(({ kind }) => kinds.includes(kind)).toSorted(byName)
    if (found.length === 0) return []
    return [`### ${title}\n\n${found.map((object) => `- \`${object.name}\`${describe(object)}`).join('\n')}`]
  }
  const comment = ({ attributes }: CatalogObject) =>
    attributes['comment'] === undefined ? '' : `: ${text(attributes['comment'])}`
  return [
    ...section(
      'Views',
      ['view', 'materialized view'],
      (it) => `${it.kind === 'view' ? '' : ', materialized'}${comment(it)}`,
    ),
    ...section('Types', ['type', 'domain'], (it) => {
      const { labels, attributes, base } = it.attributes
      const inside = labels ?? attributes ?? base
      return `${inside === undefined ? '' : ` ${code(String(inside))}`}${comment(it)}`
    }),
    ...section('Functions', ['function', 'procedure', 'aggregate'], comment),
    ...section('Extensions', ['extension'], (it) => ` ${text(it.attributes['version'])}${comment(it)}`),
  ]
}

function local(name: string, table: string): string {
  return name.startsWith(`${table}.`) ? name.slice(table.length + 1) : name.replace(/^[^.]+\./, '')
}

function byName(one: CatalogObject, other: CatalogObject): number {
  return one.name < other.name ? -1 : 1
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row))].join('\n')
}

/** Text of the database's own in Markdown: no markup, no line of its own. */
function text(value: unknown): string {
  if (value === undefined || value === null) return ''
  return String(value)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_<>|[\]]/g, String.raw`\$&`)
}

/** As code; a bar would end a table's cell, a backquote the code. */
function code(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ').replaceAll('|', String.raw`\|`)
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``
}
