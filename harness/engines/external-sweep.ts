import { messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { runId } from '../runs/directory.ts'
import { isLeftover } from '../runs/leftover.ts'
import type { Leaving } from '../runs/leftover.ts'
import { parseOwner } from '../runs/owner.ts'
import { dropDatabase } from './sql-databases.ts'

/**
 * Drops the databases that are left over on a server, those that `--keep` left only with `kept`; a line for each. A
 * server that does not answer has nothing to say. One whose program was killed before it could be commented on goes
 * with its siblings: a name alone (`reservations_archive`) never makes a database ours.
 */
export async function sweepDatabases(admin: Connection, kept: boolean): Promise<string[]> {
  const databases = await databasesOf(admin).catch(() => [])
  const left = new Set<string>()
  for (const { name, comment } of databases) {
    const leaving = parseComment(comment)
    if (leaving !== undefined && runId.test(idOf(name)) && isLeftover(leaving, kept)) left.add(idOf(name))
  }
  const lines: string[] = []
  for (const { name, comment } of databases) {
    const isOurs = comment === '' || parseComment(comment) !== undefined
    if (left.has(idOf(name)) && isOurs) lines.push(await drop(admin, name))
  }
  return lines
}

async function databasesOf(admin: Connection): Promise<{ name: string; comment: string }[]> {
  return await withClient(admin, async (client) => {
    const { rows } = await client.query<{ name: string; comment: string }>(
      `select datname as name, coalesce(shobj_description(oid, 'pg_database'), '') as comment
         from pg_database
        where datname ~ '^r[a-z0-9]{10}' and not datistemplate and datname <> current_database()
          and pg_has_role(current_user, datdba, 'usage')
        order by datname`,
    )
    return rows
  })
}

function parseComment(comment: string): Leaving | undefined {
  const owner = parseOwner(comment)
  if (owner === undefined) return undefined
  const { tool, createdAt, kept } = JSON.parse(comment) as Record<string, unknown>
  if (tool !== 'pg-rehearsal') return undefined
  const ageMs = Date.now() - Date.parse(String(createdAt))
  return { owner, wasKept: kept === true, ageMs: Number.isNaN(ageMs) ? 0 : ageMs }
}

async function drop(admin: Connection, name: string): Promise<string> {
  try {
    await dropDatabase(admin, name)
    return `Dropped database ${name} on ${admin.host}:${admin.port}.`
  } catch (error) {
    return `Database ${name} on ${admin.host}:${admin.port} could not be dropped: ${messageOf(error)}`
  }
}

function idOf(name: string): string {
  return name.slice(0, 11)
}
