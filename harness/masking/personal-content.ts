import { escapeIdentifier, type Client } from 'pg'
import type { Column } from './columns.ts'

/** How many values of a column are looked at. */
const sampled = 200

/** What the first values of a table's text columns look like, by column name; columns that look like nothing are left out. */
export async function personalByContent(
  client: Client,
  columns: readonly Column[],
): Promise<Map<string, string>> {
  const [first] = columns
  const found = new Map<string, string>()
  if (first === undefined) return found
  const parts = columns.map(({ name }, at) => {
    const value = `(${escapeIdentifier(name)})::text`
    const sums = patterns.map(({ pattern }) => `count(*) filter (where v ~* '${pattern}')`)
    return `select ${at} as at, count(*) as total, ${sums.map((sum, n) => `${sum} as n${n}`).join(', ')}
      from (select ${value} as v from ${first.qualifiedName} where ${escapeIdentifier(name)} is not null limit ${sampled}) s where v <> ''`
  })
  const { rows } = await client.query<Record<string, string>>(parts.join(' union all '))
  for (const row of rows) {
    const total = Number(row['total'])
    const index = patterns.findIndex((_, n) => total > 0 && Number(row[`n${n}`]) * 2 >= total)
    const what = patterns[index]?.what
    const name = columns[Number(row['at'])]?.name
    if (what !== undefined && name !== undefined) found.set(name, what)
  }
  return found
}

/** Half of the values at least must match; nothing here is wide enough for ordinary codes and numbers. */
const patterns: readonly { what: string; pattern: string }[] = [
  { what: 'e-mail addresses', pattern: '^[^@\\s]+@[^@\\s]+[.][a-z]{2,}$' },
  { what: 'phone numbers', pattern: '^([+][1-9][0-9 ().-]{7,17}|0[0-9]{2,4}[ -][0-9 -]{5,9})$' },
  { what: 'account numbers', pattern: '^[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?([A-Z0-9]{4} ?){2,6}[A-Z0-9]{1,4}$' },
  { what: 'network addresses', pattern: '^[0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}[.][0-9]{1,3}$' },
  { what: 'secrets', pattern: '^([$](2[aby]|argon2[a-z]*|scrypt|5|6)[$]|eyJ[a-z0-9_-]+[.]|sk_live_)' },
]
