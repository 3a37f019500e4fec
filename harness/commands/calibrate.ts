import type { Command } from 'commander'
import { calibrateEngine, calibrateUrl } from '../calibrate.ts'
import { act } from './act.ts'
import { addSettings, planOf, type Options } from './setting-options.ts'

const help = `
Without --url-variable a throwaway server of the engine is measured. Copy the line of both sides into the config file:
production: { calibration: { here: {…}, production: {…} } }
`

/** `rehearse calibrate`: how fast a server is, for estimates. */
export function calibrate(command: Command): void {
  command
    .description(
      'Measure in a few seconds how fast a server is, and print a JSON line for `production` in the config.',
    )
    .addHelpText('after', help)
    .option(
      '--url-variable <name>',
      'measure the server whose URL this environment variable holds, in a temporary table and else read-only',
    )
  addSettings(command, ['engine', 'postgres', 'image'])
  command.action(async (options: Options) => {
    await act(async () => {
      const variable = options['urlVariable']
      const calibration =
        typeof variable === 'string'
          ? await calibrateUrl(variable, process.env)
          : await calibrateEngine(await planOf(options, { backup: 'none' }))
      console.log(JSON.stringify(calibration))
    })
  })
}
