import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { mergeDocuments } from '../../fleet/merge.ts'
import { fleetReports } from '../../fleet/report/index.ts'
import { readDocuments } from '../../fleet/stored.ts'
import { HarnessError } from '../../errors.ts'
import { exitCodes } from '../../rehearsal.ts'
import { act } from '../act.ts'
import { fleetExitCodeHelp } from './exit-codes.ts'
import { fleetOf } from './fleet-option.ts'
import { reportQueue } from './report-queue.ts'
import { writeFleetReports } from './write-fleet-reports.ts'

const help = `${fleetExitCodeHelp}
Every database that a report or the fleet file knows of must have a result in one of the reports.

Examples:
  $ rehearse fleet report shard-1 shard-2 shard-3
  $ rehearse fleet report artifacts --fleet fleet.yaml --output fleet-report
  $ rehearse fleet report --queue --wait
`

interface ReportOptions {
  readonly fleet?: string
  readonly output: string
  readonly queue?: true
  readonly round?: string
  readonly wait?: true
}

/** `rehearse fleet report`: one report over what several machines rehearsed. */
export function report(command: Command): void {
  command
    .description('Bring the reports of several shards or machines together to one over the whole fleet.')
    .addHelpText('after', help)
    .argument('[path...]', 'what `rehearse fleet run --output` wrote, or directories of such directories')
    .addOption(new Option('--fleet <path>', 'fleet file, whose databases must all have a result'))
    .option('--output <path>', 'directory for the report', 'fleet-report')
    .option('--queue', 'report over a round of the queue instead')
    .option('--round <id>', 'which round of the queue (default: the newest)')
    .option('--wait', 'until the round of the queue is over')
    .action(async (paths: string[], { fleet, output, ...options }: ReportOptions) => {
      await act(async (acting) => {
        const { redactor } = acting
        const directory = resolve(output)
        refuseContradiction(paths, options)
        if (options.queue === true) return await reportQueue(directory, { fleet, ...options }, acting)
        const listed = fleet === undefined ? [] : (await fleetOf({ fleet })).databases
        const document = mergeDocuments(await readDocuments(paths.map((path) => resolve(path))), {
          directory,
          expected: listed.map(({ name }) => name),
        })
        process.stdout.write(redactor.text(fleetReports.terminal.render(document)))
        await writeFleetReports(directory, document)
        return exitCodes[document.verdict]
      })
    })
}

function refuseContradiction(
  paths: readonly string[],
  { queue, round, wait }: Pick<ReportOptions, 'queue' | 'round' | 'wait'>,
): void {
  const isQueue = queue === true
  if (isQueue === (paths.length === 0) && (isQueue || (round === undefined && wait === undefined))) return
  throw new HarnessError('invalid-option', 'It is not clear what to report over.', {
    hint: 'Give directories with reports, or --queue, with --round and --wait where wanted.',
  })
}
