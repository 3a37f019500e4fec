import type { Command } from 'commander'
import { inspect as inspectBackup } from '../inspect.ts'
import { renderInspection } from '../reports/inspection.ts'
import { act } from './act.ts'
import { addSettings, backupPlace, planOf, type Options } from './setting-options.ts'

/** `rehearse inspect`: what a backup holds. */
export function inspect(command: Command): void {
  command
    .description('Print what a backup holds, and which migrations are pending on it, without restoring it.')
    .argument(
      '[path]',
      'the backup, in any format and place that `rehearse run` takes; by default the project’s',
    )
    .option('--json', 'print one JSON document')
  addSettings(command, ['migrations', 'database', ...backupPlace])
  command.action(async (backup: string | undefined, options: Options) => {
    await act(async ({ signal }) => {
      const inspection = await inspectBackup(
        await planOf(options, backup === undefined ? {} : { backup }),
        signal,
      )
      const json = options['json'] === true
      process.stdout.write(
        json ? `${JSON.stringify(inspection, undefined, 2)}\n` : renderInspection(inspection),
      )
    })
  })
}
