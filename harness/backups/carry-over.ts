import type { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import { messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { BackupFacts, RestoreMessage } from './backup-format.ts'
import { excerpt } from './restore-error.ts'
import { aboutDatabase } from './sql/cluster.ts'
import { rolesOf } from './sql/roles.ts'
import { roleStatement } from './sql/role-statement.ts'

/**
 * Makes the roles of a `pg_dumpall` backup, with their attributes and memberships but without password, login or
 * limits; before the restore, because owners need them. Does nothing on a server that is not ours: roles are its own.
 */
export async function carryOverRoles(server: Server, facts: BackupFacts): Promise<RestoreMessage[]> {
  if (!server.owned) return []
  const own = server.connection('postgres').user
  return await withClient(server.connection('postgres'), async (client) => {
    const messages: RestoreMessage[] = []
    for (const statement of facts.clusterStatements) {
      const role = roleStatement(statement)
      if (role === undefined || role.name === own) continue
      if (role.creates) await createRole(client, role.name)
      if (role.sql !== null) messages.push(...(await run(client, role.sql)))
    }
    return messages
  })
}

/**
 * Gives the restored database, and roles in it, the settings and grants that the backup's database had; after the
 * restore, which some of them would hinder. What fails is a degraded message. On a server that is not ours only the
 * database's own settings are taken.
 */
export async function carryOverSettings(
  server: Server,
  database: string,
  facts: BackupFacts,
): Promise<RestoreMessage[]> {
  const own = server.connection('postgres').user
  return await withClient(server.connection('postgres'), async (client) => {
    const messages: RestoreMessage[] = []
    for (const statement of facts.clusterStatements) {
      const sql = settingFor(client.escapeIdentifier(database), statement, facts.database)
      if (sql === undefined || namesRole(sql, own)) continue
      if (!server.owned && !/^alter\s+database\s/i.test(sql)) continue
      if (server.owned) for (const role of rolesOf(sql)) await createRole(client, role)
      messages.push(...(await run(client, sql)))
    }
    return messages
  })
}

/** The statement for the restored database; undefined when it is about another one or about something else. */
function settingFor(target: string, statement: string, database: string | null): string | undefined {
  const about = aboutDatabase(statement)
  if (about !== undefined)
    return about.database === database ? `${about.before}${target}${about.after}` : undefined
  return /^alter\s+(?:role|user)\s+(?:"(?:[^"]|"")*"|\S+)\s+set\s/i.test(statement) ? statement : undefined
}

/** The harness's own role keeps its own settings: production's would end its queries. */
function namesRole(sql: string, role: string): boolean {
  const name = /^alter\s+(?:role|user)\s+("(?:[^"]|"")*"|\S+)\s/i.exec(sql)?.[1]
  return name === role || name === `"${role}"`
}

async function createRole(client: Client, name: string): Promise<void> {
  if (name.startsWith('pg_')) return
  const { rows } = await client.query('select from pg_catalog.pg_roles where rolname = $1', [name])
  if (rows.length === 0) await client.query(`create role ${client.escapeIdentifier(name)} nologin`)
}

async function run(client: Client, sql: string): Promise<RestoreMessage[]> {
  try {
    await client.query(sql)
    return []
  } catch (error) {
    const unknown = /unrecognized configuration parameter/.test(messageOf(error))
    return [{ kind: unknown ? 'benign' : 'degraded', text: `${excerpt(sql)}: ${messageOf(error)}` }]
  }
}
