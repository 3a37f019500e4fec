import { InvalidArgumentError, Option, type Command } from 'commander'
import { withHistory } from '../history/history.ts'
import { renderHistory } from '../reports/history-text.ts'
import { act } from './act.ts'
import { addSettings, historyPlanOf, type Options } from './setting-options.ts'

/** `rehearse history`: what was recorded, and how the figures went. */
export function history(command: Command): void {
  command
    .description('List the recorded rehearsals of this project, oldest first, and chart their figures.')
    .addOption(
      new Option('--last <number>', 'how many').default(30).argParser((text) => {
        const number = Number(text)
        if (Number.isInteger(number) && number > 0) return number
        throw new InvalidArgumentError('It must be a whole number above 0.')
      }),
    )
    .option('--json', 'print one JSON document')
  addSettings(command, ['history'])
  command.action(async (options: Options & { readonly last: number; readonly json?: boolean }) => {
    await act(async ({ redactor }) => {
      const plan = await historyPlanOf(options)
      const { records, problems } = await withHistory(plan, (opened) => opened.list(options.last))
      for (const problem of problems)
        console.error(redactor.text(`  left out, as it is not whole: ${problem}`))
      const text =
        options.json === true
          ? `${JSON.stringify({ records, problems }, undefined, 2)}\n`
          : renderHistory(records)
      process.stdout.write(redactor.text(text))
    })
  })
}
