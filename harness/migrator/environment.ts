import type { Connection } from '../postgres/connection.ts'
import { urlOf } from '../postgres/url.ts'
import { encodePlaces } from './places.ts'
import { serversOf } from './protected-servers.ts'
import type { ServerAddress } from './protected-servers.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export interface EnvironmentOptions {
  /** The copy: where the child's databases are to be found. */
  readonly connection: Connection
  /** Connection strings of servers the child must never reach. */
  readonly protectedUrls: Readonly<Record<string, string>>
  /** `process.env`. */
  readonly base: Variables
  /** What the app's `.env*` files hold, for the app may load them itself; see `readDotenvFiles`. */
  readonly dotenvFiles: readonly Variables[]
}

/** A connection that leads nowhere, for children that must load migrations without any database. */
export const nowhere: Connection = {
  host: '127.0.0.1',
  port: 1,
  user: 'nobody',
  password: '',
  database: 'nowhere',
}

/**
 * The whole environment of a child process that runs the team's code on a copy. `DATABASE_URL`, `PG*` and
 * every variable that holds a Postgres URL name the copy; what names a protected server is replaced or
 * emptied; all else is passed on. Variables of `.env*` files that need it are set as well: a set variable,
 * even an empty one, is not overridden by dotenv or `node --env-file`.
 */
export function childEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { connection, protectedUrls, base } = options
  const servers = Object.values(protectedUrls).flatMap(serversOf)
  const offered = merge([...options.dotenvFiles, base])
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(offered)) {
    const safe = safeValue(name, value, connection, servers)
    if (safe !== value || base[name] !== undefined) environment[name] = safe
  }
  Object.assign(environment, besideReplacedHosts(offered, environment, connection))
  for (const name of [...libpqVariables, ...ownSecrets]) delete environment[name]
  return {
    ...environment,
    ...emptied(options.dotenvFiles),
    ...copyVariables(connection),
    ...guardVariables(servers, connection),
  }
}

/** A removed variable would come back from a file that has it; an empty one does not. */
function emptied(dotenvFiles: readonly Variables[]): Record<string, string> {
  const names = dotenvFiles.flatMap((file) => Object.keys(file))
  return Object.fromEntries(
    names.filter((name) => libpqVariables.has(name) || ownSecrets.has(name)).map((name) => [name, '']),
  )
}

/** Nothing where nothing is protected: a guard costs every child a tenth of a second. */
function guardVariables(servers: readonly ServerAddress[], copy: Connection): Record<string, string> {
  if (servers.length === 0) return {}
  return {
    PG_REHEARSAL_BLOCKED: encodePlaces(servers.map(({ host, port }) => hostPort(host, port))),
    PG_REHEARSAL_ALLOWED: encodePlaces([hostPort(copy.host, copy.port)]),
  }
}

/** Later ones win, as the environment wins over `.env*` files. */
function merge(sources: readonly Variables[]): Record<string, string> {
  const merged: Record<string, string> = {}
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) if (value !== undefined) merged[name] = value
  }
  return merged
}

function safeValue(name: string, value: string, copy: Connection, servers: readonly ServerAddress[]): string {
  if (/^postgres(?:ql)?:\/\//i.test(value.trim())) return urlOf(copy)
  if (servers.some(({ host }) => isHost(name, value, host))) return copy.host
  return servers.some((server) => mentions(value, server)) ? '' : value
}

/** A name of one label, such as `postgres` or `localhost`, is an everyday word: only in a host's variable. */
function isHost(name: string, value: string, host: string): boolean {
  if (value.trim().toLowerCase() !== host) return false
  return isTelling(host) || /HOST|SERVER|ADDR|ENDPOINT/i.test(name)
}

function mentions(value: string, { host, port }: ServerAddress): boolean {
  const text = value.toLowerCase()
  const escaped = host.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  if (isTelling(host)) return new RegExp(`(?<![\\w.-])${escaped}(?![\\w-])`).test(text)
  return new RegExp(`(?<![\\w.-])\\[?${escaped}\\]?:${port}(?!\\d)`).test(text)
}

function isTelling(host: string): boolean {
  return /[.:]/.test(host) && !/^127\.|^::1$|^0\.0\.0\.0$/.test(host)
}

/** Where `DB_HOST` named a protected server, `DB_PORT`, `DB_USER` and the like belong to it as well. */
function besideReplacedHosts(
  offered: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
  copy: Connection,
): Record<string, string> {
  const replaced: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    const prefix = /^(.*)HOST(?:NAME)?$/i.exec(name)?.[1]
    if (prefix === undefined || value !== copy.host || offered[name] === value) continue
    for (const [field, endings] of Object.entries(siblings)) {
      for (const ending of endings) {
        const key = prefix + ending
        if (key in offered) replaced[key] = String(copy[field as keyof Connection])
      }
    }
  }
  return replaced
}

const siblings: Readonly<Record<Exclude<keyof Connection, 'host'>, readonly string[]>> = {
  port: ['PORT'],
  user: ['USER', 'USERNAME'],
  password: ['PASSWORD', 'PASS'],
  database: ['NAME', 'DATABASE', 'DB', 'DBNAME'],
}

/** What libpq would read instead of, or beside, the variables of the copy. */
const libpqVariables = new Set(
  ['SERVICE', 'SERVICEFILE', 'SYSCONFDIR', 'PASSFILE', 'HOSTADDR', 'OPTIONS', 'REQUIRESSL', 'SSLNEGOTIATION']
    .concat(['SSLCERT', 'SSLKEY', 'SSLROOTCERT', 'SSLCRL', 'SSLCRLDIR', 'SSLSNI', 'CHANNELBINDING'])
    .concat([
      'REQUIREAUTH',
      'REQUIREPEER',
      'KRBSRVNAME',
      'GSSENCMODE',
      'TARGETSESSIONATTRS',
      'LOADBALANCEHOSTS',
    ])
    .map((name) => `PG${name}`),
)

/** Secrets of the rehearsal itself, which the team's code has no use for. */
const ownSecrets = new Set(['REHEARSAL_SIGNING_KEY', 'REHEARSAL_WEBHOOK_URL', 'REHEARSAL_BACKUP_COMMAND'])

function copyVariables(connection: Connection): Record<string, string> {
  return {
    DATABASE_URL: urlOf(connection),
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: connection.user,
    PGPASSWORD: connection.password,
    PGDATABASE: connection.database,
    // The copy's server speaks no TLS.
    PGSSLMODE: 'disable',
  }
}

function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
