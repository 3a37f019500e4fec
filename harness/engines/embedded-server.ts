import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError } from '../errors.ts'
import { clientToolVersion, runClientTool } from '../postgres/client-tools.ts'
import type { Run } from '../runs/run.ts'
import { removeCluster, type Cluster } from './embedded-cluster.ts'
import { lastLog, startPostmaster } from './embedded-postmaster.ts'
import type { Postmaster } from './embedded-postmaster.ts'
import type { Server } from './engine.ts'
import { shellCommand } from './shell-command.ts'
import { untilRecovered } from './recovery.ts'
import { cloneDatabase, createDatabase, dropDatabase } from './sql-databases.ts'

export interface EmbeddedServer extends Server {
  readonly cluster: Cluster
  /** Stops the server and leaves its data. */
  halt(): Promise<void>
}

/** The Server contract over a postmaster of ours. */
export function embeddedServer(cluster: Cluster, started: Postmaster, run: Run): EmbeddedServer {
  let postmaster = started
  let admin = postmaster.connection
  let stopped: Promise<void> | undefined
  const guard = async <Result>(work: Promise<Result>): Promise<Result> => {
    return await work.catch(async (error: unknown) => {
      await requireAlive(cluster, postmaster)
      throw error
    })
  }
  return {
    cluster,
    engine: 'embedded',
    version: postmaster.version,
    major: Number.parseInt(postmaster.version, 10),
    image: null,
    owned: true,
    toolsReadFiles: true,
    egress: { blocked: false, why: 'an embedded server is a process of this machine' },
    connection: (database) => ({ ...admin, database }),
    toolVersion: clientToolVersion,
    runTool: async (tool, args, { database, ...options }) => {
      const result = await runClientTool(tool, args, { ...admin, database }, options)
      if (result.exitCode !== 0) await requireAlive(cluster, postmaster)
      return result
    },
    createDatabase: async (name, options) => await guard(createDatabase(admin, name, options)),
    cloneDatabase: async (source, target) =>
      await guard(cloneDatabase(admin, source, target, { throwaway: true })),
    dropDatabase: async (name) => await guard(dropDatabase(admin, name)),
    restart: async () => {
      await postmaster.stop()
      postmaster = await startPostmaster(cluster, run)
      admin = postmaster.connection
    },
    hints: async (database) => ({
      connect: await connectCommand(cluster, postmaster, database),
      remove: 'rehearse clean',
    }),
    crash: async (backendPid) => {
      process.kill(backendPid, 'SIGKILL')
      await untilRecovered(admin)
    },
    // The postmaster is detached and writes to a file: nothing of it ends with us but what teardown ends.
    keep: async () => run.keep(),
    halt: async () => await postmaster.stop(),
    stop: async () => {
      stopped ??= stop(cluster, postmaster)
      await stopped
    },
  }
}

/** What fails because the server is gone says so, with the end of its log. */
async function requireAlive(cluster: Cluster, postmaster: Postmaster): Promise<void> {
  const end = await postmaster.end()
  if (end === undefined) return
  const message = `The embedded Postgres server ended (${end}):\n${await lastLog(cluster)}`
  throw new HarnessError('embedded-ended', message, {
    hint: 'The log above says why; running out of memory is the usual reason.',
  })
}

async function stop(cluster: Cluster, postmaster: Postmaster): Promise<void> {
  await postmaster.stop()
  await removeCluster(cluster.directory)
}

/** The password waits in a file that only we can read. */
async function connectCommand(cluster: Cluster, postmaster: Postmaster, database: string): Promise<string> {
  const { host, port, user, password } = postmaster.connection
  const passwordFile = join(cluster.directory, 'pgpass')
  await writeFile(passwordFile, `${host}:${port}:*:${user}:${password}\n`, { mode: 0o600 })
  const psql = ['psql', '-h', host, '-p', String(port), '-U', user, '-d', database]
  return shellCommand({ PGPASSFILE: passwordFile }, psql)
}
