import type { Command } from 'commander'
import { inOrder, canariesOf } from '../../fleet/schedule.ts'
import { act } from '../act.ts'
import { addFleetOption, fleetOf } from './fleet-option.ts'
import { addShareOptions, shareOf, type ShareOptions } from './share.ts'

interface ListOptions extends ShareOptions {
  readonly fleet: string
  readonly json?: true
}

/** `rehearse fleet list`: which databases there are, in the order in which they would be rehearsed. */
export function list(command: Command): void {
  command.description(
    'List the databases of the fleet, or of a share, in the order of their rehearsal, and rehearse none.',
  )
  addFleetOption(command)
  command.option('--json', 'print one JSON document, with the settings of each')
  addShareOptions(command)
  command.action(async (options: ListOptions) => {
    await act(async ({ redactor }) => {
      const fleet = await fleetOf(options)
      const { share, durations } = await shareOf(fleet, options)
      const canaries = canariesOf(share, fleet.canary)
      const others = share.filter((database) => !canaries.includes(database))
      const all = [...inOrder(canaries, durations), ...inOrder(others, durations)]
      const text =
        options.json === true
          ? `${JSON.stringify(all, undefined, 2)}\n`
          : all.map((it) => `${it.name}${canaries.includes(it) ? '  canary' : ''}\n`).join('')
      process.stdout.write(redactor.text(text))
    })
  })
}
