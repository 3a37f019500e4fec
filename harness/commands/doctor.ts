import type { Command } from 'commander'
import { examine } from '../doctor/doctor.ts'
import { renderExaminations } from '../doctor/render.ts'
import { act } from './act.ts'
import { addSettings, flagsOf, type Options } from './setting-options.ts'

/** `rehearse doctor`: what is missing here for a rehearsal, and what to do about it. */
export function doctor(command: Command): void {
  command
    .description(
      'Look at everything that a rehearsal needs here: engines, tools, disk, settings. Exit code 1 when something is wrong.',
    )
    .option('--json', 'print one JSON document')
  addSettings(command, ['backup', 'backupCommand', 'engine', 'postgres', 'image', 'migrations', 'specs'])
  command.action(async (options: Options) => {
    await act(async ({ redactor }) => {
      const examinations = await examine({
        cwd: process.cwd(),
        flags: flagsOf(options),
        configFile: options['config'] as string | undefined,
        environment: process.env,
      })
      const healthy = examinations.every(({ observations }) =>
        observations.every(({ status }) => status !== 'problem'),
      )
      const json = options['json'] === true
      const text = json
        ? `${JSON.stringify({ healthy, probes: examinations }, undefined, 2)}\n`
        : renderExaminations(examinations)
      process.stdout.write(redactor.text(text))
      return healthy ? 0 : 1
    })
  })
}
