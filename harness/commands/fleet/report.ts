import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { mergeDocuments } from '../../fleet/merge.ts'
import { fleetReports } from '../../fleet/report/index.ts'
import { readDocuments } from '../../fleet/stored.ts'
import { exitCodes } from '../../rehearsal.ts'
import { act } from '../act.ts'
import { fleetExitCodeHelp } from './exit-codes.ts'
import { fleetOf } from './fleet-option.ts'
import { writeFleetReports } from './write-fleet-reports.ts'

const help = `${fleetExitCodeHelp}
Every database that a report or the fleet file knows of must have a result in one of the reports.

Examples:
  $ rehearse fleet report shard-1 shard-2 shard-3
  $ rehearse fleet report artifacts --fleet fleet.yaml --output fleet-report
`

interface ReportOptions {
  readonly fleet?: string
  readonly output: string
}

/** `rehearse fleet report`: one report over what several machines rehearsed. */
export function report(command: Command): void {
  command
    .description('Bring the reports of several shards or machines together to one over the whole fleet.')
    .addHelpText('after', help)
    .argument('<path...>', 'what `rehearse fleet run --output` wrote, or directories of such directories')
    .addOption(new Option('--fleet <path>', 'fleet file, whose databases must all have a result'))
    .option('--output <path>', 'directory for the report', 'fleet-report')
    .action(async (paths: string[], { fleet, output }: ReportOptions) => {
      await act(async ({ redactor }) => {
        const directory = resolve(output)
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
