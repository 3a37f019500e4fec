import type { Client } from 'pg'
import { messageOf } from '../errors.ts'

/** The libraries of `shared_preload_libraries` that are there and start nothing by themselves; and the others, with why. */
export async function preloadable(
  client: Client,
  libraries: string,
): Promise<{ readonly value: string; readonly missing: readonly string[] }> {
  const names = libraries
    .split(',')
    .map((name) => name.trim().replaceAll('"', ''))
    .filter((name) => name !== '')
  const value: string[] = []
  const missing: string[] = []
  for (const name of names) {
    if (!quiet.has(name)) missing.push(`${name} may run jobs of its own or is not known here`)
    else if (await isThere(client, name)) value.push(name)
    else missing.push(`${name} is not on this server`)
  }
  return { value: value.join(', '), missing }
}

/** They observe or plan statements; none has a background worker that works for production. */
const quiet = new Set([
  'auto_explain',
  'pg_hint_plan',
  'pg_stat_kcache',
  'pg_stat_statements',
  'pgaudit',
  'plpgsql',
  'set_user',
])

/** One that must be preloaded says so when it is loaded, which also means that it is there. */
async function isThere(client: Client, library: string): Promise<boolean> {
  return await client.query(`load ${client.escapeLiteral(library)}`).then(
    () => true,
    (error: unknown) => !/could not access file/.test(messageOf(error)),
  )
}
