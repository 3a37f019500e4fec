import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Run } from '../runs/run.ts'
import { serverEnvironment } from './embedded-cluster.ts'
import type { Cluster } from './embedded-cluster.ts'
import { freePort } from '../runs/free-port.ts'

/** A server process that answers queries. */
export interface Postmaster {
  /** To database `postgres` as the superuser. */
  readonly connection: Connection
  /** `17.10`. */
  readonly version: string
  /** `exit code 1` or `SIGKILL` when it has ended without being stopped; waits a moment to learn it. */
  end(): Promise<string | undefined>
  /** Fast shutdown, SIGKILL after 10 s. Resolves once it has ended; safe to call twice. */
  stop(): Promise<void>
}

const readyWithinMs = 60_000
const portAttempts = 5

/**
 * Starts `postgres` on a free port of 127.0.0.1, in a process group of its own, so that Ctrl-C in the terminal does not
 * end it before our teardown, and resolves when it has answered a query. Throws HarnessError `embedded-start` with the
 * end of the server's log.
 */
export async function startPostmaster(cluster: Cluster, run: Run): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const child = await spawnPostmaster(cluster, port, run)
    const connection = {
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: cluster.password,
      database: 'postgres',
    }
    const stop = () => stopProcess(child, run)
    const end = async () => {
      await sleep(100)
      return hasEnded(child) ? endOf(child) : undefined
    }
    try {
      return { connection, version: await untilAnswering(child, connection), end, stop }
    } catch (cause) {
      await stop()
      const log = await lastLog(cluster)
      // Somebody took the port between our looking and the server's asking for it.
      if (/could not create any TCP\/IP sockets/.test(log) && attempt < portAttempts) continue
      throw notStarted(messageOf(cause), log, cause)
    }
  }
}

/** The last 20 lines of the server's log. */
export async function lastLog({ directory }: Cluster): Promise<string> {
  const log = await readFile(logFile(directory), 'utf8').catch(() => '')
  return log.trim().split('\n').slice(-20).join('\n')
}

/** A file of its own: a pipe would end the server with us, and a kept one outlives us. */
async function spawnPostmaster(cluster: Cluster, port: number, run: Run): Promise<ChildProcess> {
  const log = await open(logFile(cluster.directory), 'w', 0o600)
  try {
    const settings = Object.entries(cluster.settings ?? {}).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const args = ['-D', cluster.dataDirectory, '-p', String(port), ...settings]
    const child = spawn(join(cluster.bin, 'postgres'), args, {
      ...cluster.user,
      cwd: cluster.directory,
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    if (child.pid !== undefined) run.track(child.pid)
    child.on('error', () => {})
    child.unref()
    return child
  } finally {
    await log.close()
  }
}

async function untilAnswering(child: ChildProcess, connection: Connection): Promise<string> {
  const deadline = Date.now() + readyWithinMs
  for (;;) {
    if (hasEnded(child)) throw new Error(`it ended (${endOf(child)})`)
    try {
      return await withClient(connection, async (client) => {
        const { rows } = await client.query<{ version: string }>(
          `select current_setting('server_version') as version`,
        )
        return rows[0]?.version.split(' ')[0] ?? ''
      })
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`no answer within ${readyWithinMs / 1000} s`, { cause: error })
      await sleep(20)
    }
  }
}

async function stopProcess(child: ChildProcess, run: Run): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!hasEnded(child)) child.kill(signal)
    for (let waitedMs = 0; waitedMs < waitMs && !hasEnded(child); waitedMs += 10) await sleep(10)
  }
  if (child.pid !== undefined) run.untrack(child.pid)
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

function endOf(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${child.exitCode}`
}

function logFile(directory: string): string {
  return join(directory, 'server.log')
}

function notStarted(reason: string, log: string, cause: unknown): HarnessError {
  const message = `The embedded Postgres server did not start: ${reason}${log === '' ? '' : `\n${log}`}`
  return new HarnessError('embedded-start', message, {
    hint: 'The log above says why; running out of disk or memory is the usual reason. Or use --engine docker.',
    cause,
  })
}
