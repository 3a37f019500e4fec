import type { Command } from 'commander'
import { signingKeyVariable } from '../certificate/keys.ts'
import { liveView } from '../live-view.ts'
import { tell } from '../notify/tell.ts'
import { exitCodes } from '../rehearsal.ts'
import { rehearse } from '../rehearse.ts'
import { reports } from '../reports/index.ts'
import { certify } from './certify.ts'
import { act } from './act.ts'
import { exitCodeHelp } from './exit-codes.ts'
import { addSettings, planOf, type Options } from './setting-options.ts'
import { writeReport } from './write-report.ts'

const help = `${exitCodeHelp}
Every option can also be set by an environment variable (also in .env) or in rehearsal.config.ts, .js or
.json; a flag beats the environment, the environment beats the file. See .env.example for all of them.

Examples:
  $ rehearse run --backup production.dump
  $ rehearse run --backup nightly.sql.gz --engine docker --report json=out/rehearsal.json
  $ rehearse run --migrations src/db/migrator.ts#createMigrator --specs 'smoke/**/*.spec.ts'
`

/** `rehearse run`: the rehearsal itself. */
export function run(command: Command): void {
  command
    .description(
      'Restore a backup, apply the pending migrations, run the smoke specs, roll back, and report.',
    )
    .addHelpText('after', help)
  addSettings(command)
  command.action(async (options: Options) => {
    await act(async ({ redactor, signal }) => {
      const plan = await planOf(options)
      redactor.add(process.env[signingKeyVariable] ?? '')
      redactor.add(plan.notify?.url ?? '')
      const view = liveView(process.stderr, redactor)
      const rehearsal = await rehearse(plan, { observe: view.observe, signal, redactor })
      view.close()
      process.stdout.write(reports.terminal.render(rehearsal))
      try {
        for (const { name, path } of plan.reports) await writeReport(path, reports[name].render(rehearsal))
        await certify(plan, rehearsal)
      } finally {
        // Whoever interrupts a run knows how it ended, and does not wait for a chat that does not answer.
        const problem = plan.notify && !signal.aborted ? await tell(plan.notify, rehearsal) : undefined
        if (problem !== undefined) console.error(`  not told: ${problem}`)
      }
      return exitCodes[rehearsal.verdict]
    })
  })
}
