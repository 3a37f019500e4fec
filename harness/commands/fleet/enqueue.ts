import type { Command } from 'commander'
import { beginRound } from '../../fleet/queue/rounds.ts'
import { canariesOf } from '../../fleet/schedule.ts'
import { count } from '../../reports/text.ts'
import { act } from '../act.ts'
import { addFleetOption, fleetOf } from './fleet-option.ts'
import { queueHelp, withQueue } from './queue-options.ts'
import { shareOf } from './share.ts'

interface EnqueueOptions {
  readonly fleet: string
  readonly json?: true
}

const help = `${queueHelp}
A database that waits or is rehearsed already is rehearsed once more, after that.

Examples:
  $ rehearse fleet enqueue
  $ rehearse fleet enqueue shop billing
`

/** `rehearse fleet enqueue`: a round over the fleet, or some of its databases, for whatever workers there are. */
export function enqueue(command: Command): void {
  command
    .description('Put the databases of the fleet, or those that are named, into the queue for workers.')
    .addHelpText('after', help)
    .argument('[name...]', 'only these databases')
  addFleetOption(command)
  command.option('--json', 'print one JSON document')
  command.action(async (names: string[], { fleet: path, json }: EnqueueOptions) => {
    await act(async ({ redactor }) => {
      const fleet = await fleetOf({ fleet: path })
      const only = names.length === 0 ? {} : { only: names }
      const { share } = await shareOf(fleet, { canaries: 'first', ...only })
      await withQueue(path, { redactor }, async ({ queue }) => {
        const round = await queue.transaction(
          async (session) => await beginRound(session, fleet, { share, origin: 'enqueued' }),
        )
        const canaries = canariesOf(share, fleet.canary).length
        const first =
          canaries > 0 && canaries < share.length ? `, ${count(canaries, 'canary', 'canaries')} first` : ''
        process.stdout.write(
          json === true
            ? `${JSON.stringify({ round, databases: share.map(({ name }) => name) })}\n`
            : `Round ${round}: ${count(share.length, 'database')}${first}.\n`,
        )
      })
    })
  })
}
