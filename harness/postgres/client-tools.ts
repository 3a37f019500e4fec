import { execa } from 'execa'
import type { ClientTool, ToolOptions, ToolResult } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { tailOf } from '../runs/tail.ts'
import { applicationName } from './client.ts'
import type { Connection } from './connection.ts'
import { feed } from './tool-streams.ts'

const versions = new Map<ClientTool, Promise<string | undefined>>()
const stderrLimit = 1024 * 1024

/** The version (`17.10`) of the client tool on PATH; undefined when it is not there. Asked once a process. */
export function clientToolVersion(tool: ClientTool): Promise<string | undefined> {
  const known = versions.get(tool) ?? askVersion(tool)
  versions.set(tool, known)
  return known
}

/**
 * Runs a client tool of PATH against a database. The password goes through the environment alone, and no `PG*`
 * variable of ours reaches the tool. Messages are in English. Throws HarnessError `client-tool-missing` when the
 * tool is not there, the error of `stdin` when reading it fails (the tool is ended, so that it takes no half for
 * the whole), and the signal's reason when it is aborted; never for a non-zero exit.
 */
export async function runClientTool(
  tool: ClientTool,
  args: readonly string[],
  connection: Connection,
  { stdin, signal }: Omit<ToolOptions, 'database'>,
): Promise<ToolResult> {
  signal?.throwIfAborted()
  const child = execa(tool, [...databaseArguments(tool, args, connection.database), ...args], {
    env: environmentFor(connection),
    extendEnv: false,
    stdin: stdin === undefined ? 'ignore' : 'pipe',
    buffer: false,
    reject: false,
    forceKillAfterDelay: 2_000,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  })
  const stdout = tailOf(Number.POSITIVE_INFINITY)
  const stderr = tailOf(stderrLimit)
  child.stdout.on('data', stdout.push)
  child.stderr.on('data', stderr.push)
  const input = stdin === undefined || child.stdin === null ? undefined : feed(stdin, child)
  const result = await child
  const inputError = input?.finish()
  signal?.throwIfAborted()
  if (inputError !== undefined) throw inputError
  if (result.code === 'ENOENT') throw missing(tool)
  // Ended by a signal: the shell's convention, so that it is never taken for success.
  const exitCode = result.exitCode ?? 128
  const words = result.signal === undefined ? '' : `${tool} was ended by ${result.signal}\n`
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() + words }
}

/** pg_restore is the one that does not take its database from the environment; it prints a script instead. */
function databaseArguments(tool: ClientTool, args: readonly string[], database: string): string[] {
  if (tool !== 'pg_restore') return []
  const writesText = args.some((arg) => /^(-l|-f|--list$|--file(=|$))/.test(arg))
  return writesText ? [] : [`--dbname=${database}`]
}

/** Of our own variables everything but libpq's: `PGSERVICE`, `PGHOSTADDR` or `PGOPTIONS` would lead elsewhere. */
function environmentFor(connection: Connection): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    LC_ALL: 'C',
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: connection.user,
    PGPASSWORD: connection.password,
    PGDATABASE: connection.database,
    PGAPPNAME: applicationName,
    PGCONNECT_TIMEOUT: '10',
  }
}

async function askVersion(tool: ClientTool): Promise<string | undefined> {
  const { stdout, exitCode } = await execa(tool, ['--version'], { reject: false, timeout: 10_000 })
  if (exitCode !== 0) return undefined
  return /\(PostgreSQL\) (\d+(?:\.\d+|devel|beta\d+|rc\d+)?)/.exec(String(stdout))?.[1]
}

function missing(tool: ClientTool): HarnessError {
  return new HarnessError('client-tool-missing', `${tool} is not on PATH.`, {
    hint: 'Install the PostgreSQL client programs (Debian and Ubuntu: postgresql-client), or use `--engine docker`.',
  })
}
