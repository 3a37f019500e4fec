import type { Client } from 'pg'
import { messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { parseUrl } from '../postgres/url.ts'
import type { Availability, ServerRequest } from './engine.ts'

export type Inspected =
  | {
      readonly available: true
      readonly detail: string
      readonly admin: Connection
      readonly version: string
    }
  | Extract<Availability, { available: false }>

interface Facts {
  readonly version: string
  readonly createdb: 't' | 'f'
  readonly replica: 't' | 'f'
  /** Null where the role may not know. */
  readonly identifier: string | null
}

const otherEngine = 'or use another --engine'

/** Asks the named server whether databases can be made on it; names it by host and port, never by its URL. */
export async function inspectServer(request: ServerRequest): Promise<Inspected> {
  const { serverUrl, image } = request
  const admin = serverUrl === undefined ? undefined : parseUrl(serverUrl)
  if (admin === undefined) {
    return unavailable(
      serverUrl === undefined ? 'no server is named' : 'the server named is not a postgres:// URL',
      `Set REHEARSAL_SERVER_URL to postgresql://USER:PASSWORD@HOST:PORT/DATABASE, ${otherEngine}.`,
    )
  }
  if (image !== undefined) return unavailable(`image ${image} needs Docker`, 'Leave out --image.')
  const name = `${admin.host}:${admin.port}`
  try {
    return judge(await withClient(admin, factsOf), admin, request)
  } catch (error) {
    return unavailable(
      `${name} does not let ${admin.user} in: ${messageOf(error)}`,
      `Check host, port, role and password in REHEARSAL_SERVER_URL, ${otherEngine}.`,
    )
  }
}

async function factsOf(client: Client): Promise<Facts> {
  const { rows } = await client.query<Omit<Facts, 'identifier'>>(
    `select split_part(current_setting('server_version'), ' ', 1) as version,
            rolcreatedb or rolsuper as createdb,
            pg_is_in_recovery() as replica
       from pg_roles where rolname = current_user`,
  )
  const [facts] = rows
  if (facts === undefined) throw new Error('it does not say who we are')
  return { ...facts, identifier: await identifierOf(client) }
}

async function identifierOf(client: Client): Promise<string | null> {
  const sql = 'select system_identifier as identifier from pg_catalog.pg_control_system()'
  const answer = await client.query<{ identifier: string }>(sql).catch(() => undefined)
  return answer?.rows[0]?.identifier ?? null
}

function judge(
  { version, createdb, replica, identifier }: Facts,
  admin: Connection,
  { major, data, productionIdentifier }: ServerRequest,
): Inspected {
  const name = `${admin.host}:${admin.port}`
  if (identifier !== null && identifier === productionIdentifier) {
    return unavailable(
      `${name} is the very server that the backup was taken from, or a standby of it (system identifier ${identifier})`,
      'Name a server of its own for rehearsals, never production.',
    )
  }
  if (data !== undefined) {
    const reason = 'a base backup is a whole server and cannot be restored into another one'
    return unavailable(reason, 'Use --engine docker or embedded.')
  }
  const actual = Number.parseInt(version, 10)
  if (replica === 't')
    return unavailable(`${name} is a read-only replica`, 'Name a server that takes writes.')
  if (createdb === 'f') {
    return unavailable(
      `role ${admin.user} may not create databases on ${name}`,
      `Run \`alter role ${admin.user} createdb\` there, or name another role.`,
    )
  }
  if (major !== undefined && actual !== major) {
    return unavailable(
      `${name} runs Postgres ${version}, and Postgres ${major} is asked for`,
      `Name a Postgres ${major} server, or rehearse on this one with --postgres ${actual}.`,
    )
  }
  return { available: true, detail: `Postgres ${version} at ${name}`, admin, version }
}

function unavailable(reason: string, remedy: string): Extract<Availability, { available: false }> {
  return { available: false, reason, remedy }
}
