import { Option, type Command } from 'commander'
import { HarnessError } from '../../errors.ts'
import type { FleetFile } from '../../fleet/fleet-schema.ts'
import { openQueue, type FleetQueue } from '../../fleet/queue/queue.ts'
import { optionalFleetFile, queueSettings } from '../../fleet/queue/queue-settings.ts'
import { findRounds, type Round } from '../../fleet/queue/rounds.ts'
import { parseUrl } from '../../postgres/url.ts'
import type { Redactor } from '../../redact.ts'

/** Added to the help of what uses the queue. */
export const queueHelp = `
The queue is in the Postgres database whose URL is in REHEARSAL_QUEUE_URL, or in the variable that \`queue.urlVariable\`
of the fleet file names.
`

/** Adds `--fleet PATH` where the file may be missing. */
export function addQueueOption(command: Command): void {
  command.addOption(
    new Option('--fleet <path>', 'fleet file, for its `queue` (default: fleet.yaml where there is one)').env(
      'REHEARSAL_FLEET',
    ),
  )
}

export interface OpenedQueue {
  readonly queue: FleetQueue
  /** The fleet file, and its path, where there is one. */
  readonly fleetFile: { readonly path: string; readonly file: FleetFile } | undefined
}

/** Opens the queue that the fleet file and the environment name, has it used, and closes it. */
export async function withQueue<Result>(
  fleet: string | undefined,
  {
    redactor,
    isWorker = false,
    onProblem,
  }: { redactor: Redactor; isWorker?: boolean; onProblem?: (message: string) => void },
  use: (opened: OpenedQueue) => Promise<Result>,
): Promise<Result> {
  const fleetFile = await optionalFleetFile(fleet, process.cwd())
  const settings = queueSettings(fleetFile?.file ?? {}, process.env)
  redactor.add(settings.url)
  redactor.add(parseUrl(settings.url)?.password ?? '')
  const queue = await openQueue(settings, { isWorker, ...(onProblem && { onProblem }) })
  try {
    return await use({ queue, fleetFile })
  } finally {
    await queue.close()
  }
}

/** The round that is named, or the newest. Throws HarnessError `round-unknown`. */
export async function roundOf(queue: FleetQueue, id: string | undefined): Promise<Round> {
  const [round] = await findRounds(queue, { id, last: 1 })
  if (round !== undefined) return round
  const message =
    id === undefined ? 'Nothing was ever enqueued in this queue.' : `The queue knows no round ${id}.`
  throw new HarnessError('round-unknown', message, {
    hint: '`rehearse fleet enqueue` begins a round, and `rehearse fleet status --json` names those that are open.',
  })
}
