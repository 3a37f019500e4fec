import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDuration } from '../../config-schema.ts'
import { HarnessError } from '../../errors.ts'
import { parseUrl } from '../../postgres/url.ts'
import { readFleetFile } from '../fleet-file.ts'
import type { FleetFile } from '../fleet-schema.ts'
import { keptDays } from './rounds.ts'

/** Where rehearsals wait, and when one is taken from a worker. */
export interface QueueSettings {
  /** A secret. */
  readonly url: string
  /** The variable that holds the URL, by which it is called in messages. */
  readonly variable: string
  /** Of pg-boss's tables and ours. */
  readonly schema: string
  /** A worker that is not heard of for so long has lost its rehearsal to another; 10 at least. */
  readonly heartbeatS: number
  /** So often a rehearsal is begun before it could not be verified, unless workers gave it back in order. */
  readonly attempts: number
  /** A worker's reports of a round stay for so long after the last was written; a day at least. */
  readonly keepReportsMs: number
}

/** Which variable holds the URL unless the fleet file says so. */
export const queueVariable = 'REHEARSAL_QUEUE_URL'

type Environment = Readonly<Record<string, string | undefined>>

/** The fleet file at `path`; undefined when there is none and nobody named one. */
export async function optionalFleetFile(
  path: string | undefined,
  cwd: string,
): Promise<{ readonly path: string; readonly file: FleetFile } | undefined> {
  const named = path ?? 'fleet.yaml'
  if (path === undefined && !existsSync(resolve(cwd, named))) return undefined
  return { path: named, file: await readFleetFile(named, cwd) }
}

/** Throws HarnessError `no-queue` when the variable does not hold the URL of a Postgres server. */
export function queueSettings(
  { queue = {} }: Pick<FleetFile, 'queue'>,
  environment: Environment,
): QueueSettings {
  const variable = queue.urlVariable ?? queueVariable
  const url = environment[variable] ?? ''
  if (parseUrl(url) === undefined) {
    throw new HarnessError(
      'no-queue',
      `There is no queue: ${variable} ${url === '' ? 'is not set' : 'is not a postgres URL'}.`,
      {
        hint: `Set ${variable} to the URL of a Postgres database for the queue: postgresql://USER:PASSWORD@HOST:PORT/DATABASE.`,
      },
    )
  }
  return {
    url,
    variable,
    schema: queue.schema ?? 'rehearsal_queue',
    heartbeatS: Math.ceil(parseDuration(queue.heartbeat ?? '60s') / 1_000),
    attempts: queue.attempts ?? 3,
    keepReportsMs: parseDuration(queue.keepReports ?? `${keptDays}d`),
  }
}
