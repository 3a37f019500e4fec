import { readFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { HarnessError, messageOf } from '../errors.ts'
import { reportNames, reports, type ReportName } from '../reports/index.ts'
import { parseSaved } from '../reports/saved.ts'
import { act } from './act.ts'
import { writeReport } from './write-report.ts'

/** `rehearse report`: a saved rehearsal in another format. */
export function report(command: Command): void {
  command
    .description(
      'Render a saved JSON report again, in any format. Exit code 0 once it is written, whatever it says.',
    )
    .argument('<saved.json>', 'what `--report json=PATH` wrote')
    .addOption(new Option('--format <name>', 'which report').choices(reportNames).makeOptionMandatory())
    .option('--output <path>', 'where to; standard output by default', '-')
    .action(async (saved: string, { format, output }: { format: ReportName; output: string }) => {
      await act(async () => {
        const text = await readFile(saved, 'utf8').catch((cause: unknown) => {
          throw new HarnessError('saved-report-not-read', `${saved} cannot be read: ${messageOf(cause)}`, {
            hint: 'Give the file that `--report json=PATH` wrote.',
            cause,
          })
        })
        await writeReport(output, reports[format].render(parseSaved(text, saved)))
      })
    })
}
