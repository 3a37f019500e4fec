import type { Command } from 'commander'
import { HarnessError } from '../../errors.ts'
import { cancel as cancelIn } from '../../fleet/queue/cancel.ts'
import { count } from '../../reports/text.ts'
import { act } from '../act.ts'
import { addQueueOption, queueHelp, withQueue } from './queue-options.ts'

interface CancelOptions {
  readonly fleet?: string
  readonly all?: true
  readonly round?: string
}

const help = `${queueHelp}
A rehearsal that is under way is ended by its worker within seconds, and what it started is removed.
`

/** `rehearse fleet cancel`: takes databases out of the queue; their reports say so. */
export function cancel(command: Command): void {
  command
    .description('Cancel rehearsals that wait in the queue or are under way.')
    .addHelpText('after', help)
    .argument('[name...]', 'these databases')
  addQueueOption(command)
  command
    .option('--all', 'every database')
    .option('--round <id>', 'only of this round (default: every round)')
    .action(async (names: string[], { fleet, all, round }: CancelOptions) => {
      await act(async ({ redactor }) => {
        if ((all === true) === names.length > 0) {
          throw new HarnessError('invalid-option', 'Nothing was cancelled: name databases, or say --all.', {
            hint: '`rehearse fleet status` shows which wait and which are under way.',
          })
        }
        await withQueue(fleet, { redactor }, async ({ queue }) => {
          const cancelled = await cancelIn(queue, {
            ...(all === true ? {} : { names }),
            ...(round === undefined ? {} : { round }),
          })
          const running = cancelled.filter(({ wasRunning }) => wasRunning).length
          process.stdout.write(
            `Cancelled ${count(cancelled.length, 'database')}${running === 0 ? '' : `, ${running} of them under way`}.\n`,
          )
        })
      })
    })
}
