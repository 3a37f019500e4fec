import type { Command } from 'commander'
import { bisect as findIt } from '../bisect.ts'
import type { Responsible } from '../bisect/responsible.ts'
import { parseDuration } from '../config-schema.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { liveView } from '../live-view.ts'
import { PipelineEnded } from '../stage.ts'
import { act } from './act.ts'
import { addSettings, planOf, type Options } from './setting-options.ts'

/** `rehearse bisect`: the first migration responsible for a run that fails or takes too long. */
export function bisect(command: Command): void {
  command
    .description(
      'Restore a backup, migrate, and name the first migration that fails, stalls or takes too long.',
    )
    .option(
      '--max-stall <time>',
      'a migration that takes longer is as bad as one that fails (default: any time)',
    )
  addSettings(command)
  command.action(async (options: Options) => {
    await act(async ({ redactor, signal }) => {
      const plan = await planOf(options)
      const maxStallMs = maxStallOf(options['maxStall'])
      const view = liveView(process.stderr, redactor)
      try {
        const found = await findIt(plan, { observe: view.observe, signal, redactor, maxStallMs })
        process.stdout.write(redactor.text(`${sentence(found)}\n`))
        return found === null ? 0 : 1
      } catch (error) {
        // The journal has the reason as the cause.
        throw error instanceof PipelineEnded && error.cause !== undefined ? error.cause : error
      } finally {
        view.close()
      }
    })
  })
}

function maxStallOf(text: unknown): number | undefined {
  if (text === undefined) return undefined
  try {
    return parseDuration(String(text))
  } catch (error) {
    throw new HarnessError('invalid-plan', `--max-stall: ${messageOf(error)}`, {
      hint: 'Give a time such as 3s.',
    })
  }
}

function sentence(found: Responsible | null): string {
  if (found === null)
    return 'No migration is responsible for anything: all pending ones apply, none takes too long.'
  const { migration, reason, failing, message } = found
  if (reason === 'breaks-batch')
    return `${migration} is responsible: ${failing} fails when both are applied at once, and not when ${migration} is applied before, on its own: ${message}`
  return `${migration} is responsible: it ${reason === 'slow' ? 'is too slow' : reason}: ${message}`
}
