import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { inParallel } from '../catalog/data-session.ts'
import { HarnessError, HarnessErrors, messageOf } from '../errors.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { MaskedTable } from '../rehearsal.ts'
import { assignRules, type Assignment } from './assign.ts'
import { readColumns } from './columns.ts'
import { readForeignKeys } from './foreign-keys.ts'
import { prepareMasking } from './functions.ts'
import { maskTable, type TableMasking } from './mask-table.ts'
import type { MaskingPlan } from './masking-plan.ts'
import { refreshViews } from './materialized-views.ts'
import { requireNoOrphans } from './orphans.ts'
import { whileQuiet } from './quiet.ts'
import { ruleTitle } from './rules/index.ts'
import { findUnmasked, type PersonalColumn } from './unmasked.ts'

/** What masking did, and what it did not. */
export interface Masked {
  readonly tables: readonly MaskedTable[]
  /** Columns that look personal and have no rule. */
  readonly unmasked: readonly PersonalColumn[]
  /** Materialized views that could not be filled anew. */
  readonly emptied: readonly { readonly name: string; readonly why: string }[]
  /** They are masked by no rule. */
  readonly largeObjects: number
}

export interface MaskRequest {
  readonly connection: Connection
  /** How many tables at a time. */
  readonly parallelism: number
  readonly onProgress: (tablesDone: number, tables: number) => void
}

/**
 * Masks a database that nothing else has seen, and leaves no old value in its tables' files. Triggers do not fire and
 * row-level security hides nothing. Rejects with every problem of the rules at once (`HarnessErrors`), before a row
 * is touched, and with one HarnessError when a rule fails on the data.
 */
export async function mask(
  plan: MaskingPlan,
  { connection, parallelism, onProgress }: MaskRequest,
): Promise<Masked> {
  return await withClient(connection, async (client) => {
    const [columns, foreignKeys] = [await readColumns(client), await readForeignKeys(client)]
    const { assignments, problems } = assignRules(plan.rules, columns, foreignKeys)
    if (problems.length > 0) throw new HarnessErrors(problems)
    const unmasked = await findUnmasked(client, columns, new Set(assignments.map(({ column }) => column)))
    if (plan.required && unmasked.length > 0) throw unmaskedError(unmasked)
    const tables = tablesOf(assignments)
    if (tables.length === 0) return { tables: [], unmasked, emptied: [], largeObjects: 0 }
    const salt = plan.salt ?? randomBytes(24).toString('hex')
    const open = async () => await maskingSession(connection, salt)
    const close = async (worker: Client) => await worker.end()
    const rows = new Map<string, number>()
    await whileQuiet(client, async () => {
      await inParallel(tables, parallelism, { open, close }, async (worker, table) => {
        rows.set(table.oid, await maskTable(worker, table))
        onProgress(rows.size, tables.length)
      })
    })
    // The rows as they were are still in the files, and stay there while any older transaction is under way.
    await inParallel(
      tables,
      parallelism,
      { open: async () => await connect(connection), close },
      async (worker, table) => {
        await worker.query(`vacuum full ${table.name}`)
      },
    )
    await requireNoOrphans(client, tables, foreignKeys)
    const { emptied } = await refreshViews(client)
    await forgetStatistics(client)
    return {
      tables: tables.map((table) => maskedTable(table, rows.get(table.oid) ?? 0)),
      unmasked,
      emptied,
      largeObjects: await countLargeObjects(client),
    }
  })
}

function unmaskedError(unmasked: readonly PersonalColumn[]): HarnessError {
  const list = unmasked.map(({ title, what, by }) => `${title} (${what}, by its ${by})`).join(', ')
  return new HarnessError(
    'unmasked-personal-data',
    `These columns look personal and have no masking rule: ${list}.`,
    {
      hint: 'Give each a rule in `masking.rules`, or `keep` where it may stay; or leave --require-masking out.',
    },
  )
}

function tablesOf(assignments: readonly Assignment[]): TableMasking[] {
  const changing = assignments.filter(({ rule }) => rule !== 'keep')
  return [...Map.groupBy(changing, ({ column }) => column.oid).values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { qualifiedName: name, oid, kind } = first.column
    return [{ name, oid, kind: kind === 'partitioned table' ? kind : 'table', assignments: group } as const]
  })
}

async function maskingSession(connection: Connection, salt: string): Promise<Client> {
  const client = await connect(connection)
  try {
    await client.query('set row_security = off')
    await client.query('set session_replication_role = replica')
    await prepareMasking(client, salt)
    return client
  } catch (cause) {
    await client.end()
    throw new HarnessError('masking-not-allowed', `The server does not let us mask: ${messageOf(cause)}`, {
      hint: 'Masking needs a superuser: rehearse with --engine docker or embedded, or with a superuser of the external server.',
      cause,
    })
  }
}

/** The first object id that is not the system's own. */
const firstUserOid = 16_384

/** What ANALYZE sampled of the old values, of views and indexes too; the next one samples the masked ones. */
async function forgetStatistics(client: Client): Promise<void> {
  const sampled = await client.query('delete from pg_catalog.pg_statistic where starelid >= $1::oid', [
    firstUserOid,
  ])
  const extended = await client.query('delete from pg_catalog.pg_statistic_ext_data')
  if ((sampled.rowCount ?? 0) + (extended.rowCount ?? 0) === 0) return
  await client.query('vacuum full pg_catalog.pg_statistic')
  await client.query('vacuum full pg_catalog.pg_statistic_ext_data')
}

function maskedTable({ name, assignments }: TableMasking, rows: number): MaskedTable {
  const columns = assignments.map(({ column, rule, because }) => ({
    name: column.name,
    rule: ruleTitle(rule),
    ...(because === null ? {} : { because }),
  }))
  return { name, rows, columns }
}

async function countLargeObjects(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    'select count(*) as count from pg_catalog.pg_largeobject_metadata',
  )
  return Number(rows[0]?.count ?? 0)
}
