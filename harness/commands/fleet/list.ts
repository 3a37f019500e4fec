import type { Command } from 'commander'
import { act } from '../act.ts'
import { addFleetOption, fleetOf } from './fleet-option.ts'

/** `rehearse fleet list`: which databases there are. */
export function list(command: Command): void {
  command.description('List the databases of the fleet with their settings, and rehearse none.')
  addFleetOption(command)
  command
    .option('--json', 'print one JSON document')
    .action(async (options: { readonly fleet: string; readonly json?: true }) => {
      await act(async ({ redactor }) => {
        const { databases } = await fleetOf(options)
        const text =
          options.json === true
            ? `${JSON.stringify(databases, undefined, 2)}\n`
            : databases.map(({ name }) => `${name}\n`).join('')
        process.stdout.write(redactor.text(text))
      })
    })
}
