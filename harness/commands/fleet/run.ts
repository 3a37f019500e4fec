import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import type { FleetResult } from '../../fleet/fleet.ts'
import { verdictText } from '../../fleet/report/text.ts'
import { fleetReports } from '../../fleet/report/index.ts'
import { defaultParallel, runFleet } from '../../fleet/run.ts'
import { exitCodes } from '../../rehearsal.ts'
import { verdictStyles } from '../../reports/terminal.ts'
import { duration } from '../../reports/text.ts'
import { act } from '../act.ts'
import { fleetExitCodeHelp } from './exit-codes.ts'
import { addFleetOption, fleetOf } from './fleet-option.ts'
import { parallelOption } from './parallel-option.ts'
import { addShareOptions, shareOf, type ShareOptions } from './share.ts'
import { writeFleetReports } from './write-fleet-reports.ts'

const help = `${fleetExitCodeHelp}
Examples:
  $ rehearse fleet run --parallel 4
  $ rehearse fleet run --shard 3/10 --durations last-night
  $ rehearse fleet run --shard auto --output fleet-report/$CI_NODE_INDEX
`

interface RunOptions extends ShareOptions {
  readonly fleet: string
  readonly output: string
  readonly parallel?: number
}

/** `rehearse fleet run`: every database of the fleet, or of a share of it, on this machine. */
export function run(command: Command): void {
  command
    .description('Rehearse every database of the fleet, or a share of them, and report over all.')
    .addHelpText('after', help)
  addFleetOption(command)
  command.addOption(parallelOption()).option('--output <path>', 'directory for the reports', 'fleet-report')
  addShareOptions(command)
  command.action(async (options: RunOptions) => {
    await act(async ({ redactor, signal }) => {
      const fleet = await fleetOf(options)
      const share = await shareOf(fleet, options)
      const progress = progressOf(share.share.length, (text) => console.error(redactor.text(text)))
      const directory = resolve(options.output)
      const document = await runFleet(fleet, {
        cwd: process.cwd(),
        directory,
        signal,
        environment: process.env,
        parallel: options.parallel ?? fleet.parallel ?? defaultParallel,
        onResult: progress,
        ...share,
      })
      process.stdout.write(redactor.text(fleetReports.terminal.render(document)))
      await writeFleetReports(directory, document)
      return exitCodes[document.verdict]
    })
  })
}

/** A line for each database that was rehearsed. */
function progressOf(total: number, print: (text: string) => void): (result: FleetResult) => void {
  let done = 0
  return (result) => {
    done += 1
    const { name, verdict, durationMs, summary } = result
    const why = verdict === 'passed' ? '' : `  ${summary.split('\n')[0]}`
    print(
      ` ${String(done).padStart(String(total).length)}/${total} ${styleText(verdictStyles[verdict], verdictText(result))}  ${name}  ${duration(durationMs)}${why}`,
    )
  }
}
