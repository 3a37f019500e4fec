import type { Client } from 'pg'

/** Opens a session of the harness's own in the database in question. */
export type Connect = () => Promise<Client>

/**
 * Makes a session read data in one way whatever the database, role or environment say: one text form a value,
 * no row hidden by row-level security (the server errs instead), no timeout. `timeZone` is kept when undefined.
 * Nothing can be written through it afterwards.
 */
export async function readPlainly(client: Client, timeZone: string | undefined): Promise<void> {
  const wanted = { ...settings, ...(timeZone === undefined ? {} : { TimeZone: timeZone }) }
  // Not every major knows every setting.
  await client.query(
    `select set_config(s.name, w.value, false) from json_each_text($1::json) w(name, value)
     join pg_catalog.pg_settings s on lower(s.name) = lower(w.name)`,
    [JSON.stringify(wanted)],
  )
}

/** How the server writes values wherever data is read. */
export const settings = {
  search_path: 'pg_catalog, pg_temp',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  row_security: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
  jit: 'off',
  default_transaction_read_only: 'on',
}

/** Runs `work` over `items` on up to `parallelism` workers, each with a `context` of its own, in no set order. */
export async function inParallel<Item, Context>(
  items: readonly Item[],
  parallelism: number,
  context: { open: () => Promise<Context>; close: (context: Context) => Promise<void> },
  work: (context: Context, item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    if (queue.length === 0) return
    const opened = await context.open()
    try {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(opened, item)
    } catch (error) {
      queue.length = 0
      throw error
    } finally {
      await context.close(opened)
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.max(1, parallelism) }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
