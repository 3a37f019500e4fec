import { randomBytes } from 'node:crypto'
import { applicationName, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { PostgresContainer } from './docker-container.ts'
import { passwordFile, removeContainer, restartContainer } from './docker-container.ts'
import { answerWithinMs, engineLink, within } from './docker-client.ts'
import { execInContainer } from './docker-exec.ts'
import { remoteLimits } from './docker-publish.ts'
import { findEndpoint } from './docker-endpoint.ts'
import type { ClientTool, Server, ServerHints, ToolOptions, ToolResult } from './engine.ts'
import { untilRecovered } from './recovery.ts'
import { cloneDatabase, createDatabase, dropDatabase } from './sql-databases.ts'

/** Containers that `--keep` left have names that begin so: labels cannot be changed, a name can. */
export const keptPrefix = 'pg-rehearsal-kept-'

/**
 * The Server contract over a container in which Postgres answers. `afterwards` removes what the container itself does
 * not take with it.
 */
export function dockerServer(
  image: string,
  container: PostgresContainer,
  afterwards: () => Promise<void> = async () => {},
): Server {
  const { handle, version, egress } = container
  let { connection } = container
  const keptName = container.name.replace('pg-rehearsal-', keptPrefix)
  const toolVersions = new Map<ClientTool, Promise<string | undefined>>()
  let name = container.name
  let stopped: Promise<unknown> | undefined
  return {
    engine: 'docker',
    version,
    major: Number.parseInt(version, 10),
    image,
    owned: true,
    toolsReadFiles: false,
    egress,
    remote: remoteLimits(),
    connection: (database) => ({ ...connection, database }),
    toolVersion: async (tool) => {
      const known = toolVersions.get(tool) ?? askVersion(container, tool)
      toolVersions.set(tool, known)
      return await known
    },
    runTool: async (tool, args, options) => await runTool({ ...container, connection }, tool, args, options),
    createDatabase: async (database, options) => await createDatabase(connection, database, options),
    cloneDatabase: async (source, target) =>
      await cloneDatabase(connection, source, target, { throwaway: true }),
    dropDatabase: async (database) => await dropDatabase(connection, database),
    restart: async () => {
      connection = await restartContainer({ ...container, connection })
    },
    hints: async (database) => await hintsOf(name, connection, database),
    crash: async (backendPid) => {
      await execInContainer(handle, { argv: ['kill', '-KILL', String(backendPid)] })
      await untilRecovered(connection)
    },
    keep: async () => {
      if (name === keptName) return
      await handle.rename({ name: keptName, abortSignal: AbortSignal.timeout(answerWithinMs) })
      name = keptName
    },
    stop: async () => {
      stopped ??= removeContainer(handle)
        .then(afterwards)
        .catch((error: unknown) => {
          stopped = undefined
          throw error
        })
      await stopped
    },
  }
}

/** Over the container's own socket, where the image trusts; the password is there for images that do not. */
async function runTool(
  { handle, connection }: PostgresContainer,
  tool: ClientTool,
  args: readonly string[],
  { database, ...options }: ToolOptions,
): Promise<ToolResult> {
  const script = 'PGPASSWORD=$(cat "$0") && export PGPASSWORD && exec "$@"'
  const command = [tool, '--username=postgres', '--no-password', `--dbname=${database}`, ...args]
  const session = `${applicationName}-${tool}-${randomBytes(6).toString('hex')}`
  const argv = ['sh', '-c', script, passwordFile, ...command]
  try {
    return await execInContainer(handle, { argv, env: { PGAPPNAME: session } }, options)
  } catch (error) {
    await endSessions(connection, session)
    throw error
  }
}

/** A query outlives the tool that sent it: the server looks for its client only when the query is done. */
async function endSessions(connection: Connection, session: string): Promise<void> {
  const sql = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'
  const ended = withClient(connection, async (client) => void (await client.query(sql, [session])))
  // Without a server there are no sessions, and the caller has the better error to throw.
  await within(answerWithinMs, ended).catch(() => {})
}

/** As they work from a shell that knows nothing of how this program was told of the engine. */
async function hintsOf(name: string, { port }: Connection, database: string): Promise<ServerHints> {
  const endpoint = await findEndpoint()
  const docker = ['docker', ...(endpoint?.dockerWords ?? [])].map(shellWord).join(' ')
  const variables = Object.entries(endpoint?.variables ?? {}).map(
    ([variable, value]) => `${variable}=${shellWord(value)} `,
  )
  const lasting = engineLink()?.forwarded(port)?.lasting
  return {
    connect: `${docker} exec -it ${name} psql -U postgres -d ${shellWord(database)}`,
    remove: `${variables.join('')}rehearse clean`,
    ...(lasting && { lasting }),
  }
}

async function askVersion({ handle }: PostgresContainer, tool: ClientTool): Promise<string | undefined> {
  const { exitCode, stdout } = await execInContainer(handle, { argv: [tool, '--version'] })
  return exitCode === 0 ? /\d+(\.\d+)*/.exec(stdout)?.[0] : undefined
}

function shellWord(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
