import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError } from '../../errors.ts'
import type { FleetDocument } from '../../fleet/document.ts'
import type { FleetQueue } from '../../fleet/queue/queue.ts'
import { isOver, queueStatus, roundDocument } from '../../fleet/queue/status.ts'
import { fleetReports } from '../../fleet/report/index.ts'
import { exitCodes } from '../../rehearsal.ts'
import type { Acting } from '../act.ts'
import { roundOf, withQueue } from './queue-options.ts'
import { writeFleetReports } from './write-fleet-reports.ts'

/** How often a round is looked at that is waited for. */
const pollMs = 2_000

/** Reports over a round of the queue, the newest unless it is named, and returns the exit code. */
export async function reportQueue(
  directory: string,
  {
    fleet,
    round: id,
    wait,
  }: { readonly fleet?: string | undefined; readonly round?: string; readonly wait?: true },
  acting: Acting,
): Promise<number> {
  const { redactor } = acting
  return await withQueue(fleet, { redactor }, async ({ queue }) => {
    const round = await roundOf(queue, id)
    if (round.problem !== null) throw notBegun(round.id, round.problem)
    if (wait === true) await untilOver(queue, round.id, acting.signal)
    const document = withReportsOf(await roundDocument(queue, round), directory)
    process.stdout.write(redactor.text(fleetReports.terminal.render(document)))
    await writeFleetReports(directory, document)
    return exitCodes[document.verdict]
  })
}

async function untilOver(queue: FleetQueue, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { rounds } = await queueStatus(queue, id)
    if (rounds.every(isOver)) return
    await sleep(pollMs, undefined, { signal }).catch(() => {})
  }
}

/** Workers write the reports of a database where they run; those that are here as well are linked. */
function withReportsOf(document: FleetDocument, directory: string): FleetDocument {
  const results = document.results.map((result) => ({
    ...result,
    reports: Object.fromEntries(
      Object.entries(result.reports).filter(([, path]) => existsSync(join(directory, path))),
    ),
  }))
  return { ...document, results }
}

function notBegun(id: string, problem: string): HarnessError {
  return new HarnessError('round-not-begun', `The scheduled round ${id} could not be begun: ${problem}`, {
    hint: 'Nothing was rehearsed in it. `rehearse fleet list` on a worker shows the same problem; `rehearse fleet enqueue` begins a round now.',
  })
}
