import type { Client } from 'pg'
import { keyOf, type Catalog, type CatalogDifference } from './catalog.ts'
import { rounds } from './rounds.ts'

/** One of the two databases that were compared, with a session of its own. */
export interface Side {
  readonly client: Client
  readonly catalog: Catalog
}

/**
 * Drops differences that are only the server writing one expression in two ways, as it does once an expression
 * has been through a dump and a restore (`varchar in (…)`, say). Both texts are given to their own server and
 * read back until they no longer change; equal then, they are no difference. Covers what `rounds` lists: checks
 * of tables and domains, exclusion constraints, index expressions and predicates, views, column defaults and
 * generation expressions, policies, trigger conditions, rules, function bodies, partition keys, statistics.
 * A text that its server does not take back stays a difference. Takes strong locks in transactions that it
 * always rolls back: for throwaway databases only.
 */
export async function settleDeparse(
  differences: readonly CatalogDifference[],
  before: Side,
  after: Side,
): Promise<CatalogDifference[]> {
  const real: CatalogDifference[] = []
  for (const difference of differences) {
    if (!(await isSameExpression(difference, before, after))) real.push(difference)
  }
  return real
}

async function isSameExpression(difference: CatalogDifference, before: Side, after: Side): Promise<boolean> {
  if (difference.before === null || difference.after === null) return false
  if (!rounds.has(`${difference.kind} ${difference.attribute}`)) return false
  const one = await settle(difference, difference.before, before)
  return one !== undefined && one === (await settle(difference, difference.after, after))
}

/** More than any expression needs; one that still changes then never settles. */
const maxRounds = 5

async function settle(
  difference: CatalogDifference,
  text: string,
  { client, catalog }: Side,
): Promise<string | undefined> {
  const object = catalog.objects.get(keyOf(difference))
  const round = rounds.get(`${difference.kind} ${difference.attribute}`)
  if (object === undefined || round === undefined) return undefined
  await client.query('begin')
  try {
    await client.query(quietly)
    let settled = text
    for (let count = 0; count < maxRounds; count += 1) {
      await client.query('savepoint round')
      const next = await round(client, { object, catalog, text: settled })
      await client.query('rollback to savepoint round')
      if (next === settled) return settled
      settled = next
    }
    return undefined
  } catch {
    return undefined
  } finally {
    await client.query('rollback')
  }
}

/** As `readCatalog` reads, and without the event triggers of the database where the role may say so. */
const quietly = `
  set local search_path = pg_catalog, pg_temp; set local timezone = 'UTC'; set local datestyle = 'ISO, MDY';
  set local intervalstyle = 'postgres'; set local extra_float_digits = 1; set local statement_timeout = 0;
  set local lock_timeout = '10s'; set local check_function_bodies = off; set local client_min_messages = error;
  select set_config('session_replication_role', 'replica', true) where current_setting('is_superuser') = 'on'`
