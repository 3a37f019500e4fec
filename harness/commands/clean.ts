import type { Command } from 'commander'
import { clean as removeLeftovers } from '../clean.ts'
import { act } from './act.ts'

/** `rehearse clean`: removes what was kept or left. */
export function clean(command: Command): void {
  command
    .description(
      'Remove everything that pg-rehearsal left on this machine, kept databases and clones included, and nothing else.',
    )
    .option('--snapshots', 'remove the stored snapshots as well')
    .action(async ({ snapshots = false }: { snapshots?: boolean }) => {
      await act(async ({ redactor }) => {
        const removed = await removeLeftovers(process.env['REHEARSAL_SERVER_URL'], { snapshots })
        for (const line of removed) console.log(redactor.text(line))
        console.log(removed.length === 0 ? 'Nothing of pg-rehearsal was left.' : `Removed ${removed.length}.`)
      })
    })
}
