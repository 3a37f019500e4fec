import { escapeIdentifier, type Client } from 'pg'
import { HarnessError } from '../errors.ts'
import type { ForeignKey } from './foreign-keys.ts'
import type { TableMasking } from './mask-table.ts'

/**
 * Checks every foreign key with a masked column: the server did not, as triggers were off. Throws HarnessError
 * `masking-broke-key` for the first whose rows lost their match.
 */
export async function requireNoOrphans(
  client: Client,
  tables: readonly TableMasking[],
  foreignKeys: readonly ForeignKey[],
): Promise<void> {
  const masked = new Set(
    tables.flatMap(({ oid, assignments }) => assignments.map(({ column }) => `${oid} ${column.name}`)),
  )
  for (const key of foreignKeys) {
    const touched = key.pairs.some(
      ({ child, parent }) =>
        masked.has(`${key.childOid} ${child}`) || masked.has(`${key.parentOid} ${parent}`),
    )
    if (!touched) continue
    const { rows } = await client.query<{ count: string }>(orphans(key))
    const count = Number(rows[0]?.count ?? 0)
    if (count > 0) throw broken(key, count)
  }
}

function orphans({ child, parent, pairs }: ForeignKey): string {
  const refers = pairs.map((pair) => `c.${escapeIdentifier(pair.child)} is not null`).join(' and ')
  const match = pairs
    .map((pair) => `p.${escapeIdentifier(pair.parent)} ${pair.operator} c.${escapeIdentifier(pair.child)}`)
    .join(' and ')
  return `select count(*) from ${child} c where ${refers} and not exists (select from ${parent} p where ${match})`
}

function broken({ name, child, parent }: ForeignKey, count: number): HarnessError {
  return new HarnessError(
    'masking-broke-key',
    `Masking broke the foreign key ${name}: ${count} rows of ${child} no longer have their match in ${parent}.`,
    {
      hint: 'Mask both of its sides with the same ready rule, or with expressions that yield the same values.',
    },
  )
}
