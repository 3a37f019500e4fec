import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { loadPlan } from '../../config.ts'
import { engineSettings } from '../../fleet/queue/engine-watch.ts'
import { keepSchedule } from '../../fleet/queue/nightly.ts'
import { work, type WorkerEvent } from '../../fleet/queue/worker.ts'
import { verdictText } from '../../fleet/report/text.ts'
import { defaultParallel } from '../../fleet/run.ts'
import { verdictStyles } from '../../reports/terminal.ts'
import { duration } from '../../reports/text.ts'
import { act } from '../act.ts'
import { parallelOption } from './parallel-option.ts'
import { addQueueOption, queueHelp, withQueue } from './queue-options.ts'

interface WorkerCommandOptions {
  readonly fleet?: string
  readonly output: string
  readonly once?: true
  readonly parallel?: number
}

const help = `${queueHelp}
SIGTERM or Ctrl-C ends what it rehearses, and gives it back to the queue, where that counts as no attempt. A worker that is killed
loses its rehearsals to others when it was not heard of for \`queue.heartbeat\`, a minute unless set.

Exit codes: 0 when the queue was empty (--once), 130 after Ctrl-C, 143 after SIGTERM, 2 when it cannot work. What came of the
rehearsals is the matter of \`rehearse fleet report --queue\`.
`

/** `rehearse fleet worker`: rehearses on this machine what is in the queue. */
export function worker(command: Command): void {
  command
    .description('Take rehearsals from the queue and rehearse them on this machine, beside other workers.')
    .addHelpText('after', help)
  addQueueOption(command)
  command
    .addOption(parallelOption())
    .option('--output <path>', 'directory for the reports of each round', 'fleet-report')
    .option('--once', 'end when nothing waits or is under way anywhere')
    .action(async (options: WorkerCommandOptions) => {
      await act(async ({ redactor, signal }) => {
        const say = (text: string) => console.error(redactor.text(text))
        const plan = await loadPlan({
          cwd: process.cwd(),
          flags: {},
          configFile: undefined,
          environment: process.env,
          needsBackup: false,
        })
        const background = { redactor, isWorker: true, onProblem: problemTeller(say) }
        await withQueue(options.fleet, background, async ({ queue, fleetFile }) => {
          const next = fleetFile === undefined ? undefined : await keepSchedule(queue, fleetFile.file)
          if (next !== undefined) say(`The next scheduled round begins at ${next.toISOString()}.`)
          await work(queue, {
            cwd: process.cwd(),
            directory: resolve(options.output),
            signal,
            environment: process.env,
            parallel: options.parallel ?? fleetFile?.file.parallel ?? defaultParallel,
            once: options.once === true,
            engine: engineSettings(fleetFile?.file.defaults ?? {}, plan),
            fleetFile: fleetFile?.path,
            tell: (event) => say(lineOf(event)),
          })
        })
      })
    })
}

/** The same again and again is said once a minute. */
function problemTeller(say: (text: string) => void): (message: string) => void {
  const saidAt = new Map<string, number>()
  return (message) => {
    const now = Date.now()
    if (now - (saidAt.get(message) ?? 0) < 60_000) return
    saidAt.set(message, now)
    say(`The queue: ${message}`)
  }
}

function lineOf(event: WorkerEvent): string {
  if (event.kind === 'note') return event.message
  const { database, number, round } = event.claim
  const which = `${database.name}${number > 1 ? ` (attempt ${number})` : ''}`
  if (event.kind === 'begun') return `begins  ${which}  of round ${round}`
  if (event.kind === 'given-back') return `gives back  ${which}  ${firstLine(event.why)}`
  if (event.kind === 'lost') return `lost  ${which}  ${firstLine(event.why)}`
  const { result } = event
  const why = result.verdict === 'passed' ? '' : `  ${firstLine(result.summary)}`
  return `${styleText(verdictStyles[result.verdict], verdictText(result))}  ${which}  ${duration(result.durationMs)}${why}`
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
