import type { Command } from 'commander'
import { HarnessError } from '../errors.ts'
import { liveView } from '../live-view.ts'
import { exitCodes } from '../rehearsal.ts'
import { renderVerification } from '../reports/verification.ts'
import { verifyBackup as verify } from '../verify-backup.ts'
import { act } from './act.ts'
import { addSettings, backupPlace, planOf, type Options } from './setting-options.ts'
import { writeReport } from './write-report.ts'

const help = `
Exit codes:
  0    passed: the backup restores whole
  1    failed: it is too old (--max-age), or damaged inside (--amcheck)
  2    could not verify: it does not restore, or not whole, or nothing here can restore it
  130  interrupted (143 by SIGTERM); everything that was started is removed

Examples:
  $ rehearse verify-backup /backups --max-age 26h
  $ rehearse verify-backup production.dump --amcheck --report json=verification.json
`

/** `rehearse verify-backup`: restores a backup and proves it, and rehearses nothing. */
export function verifyBackup(command: Command): void {
  command
    .description('Restore a backup into a throwaway server and prove that everything in it is there.')
    .argument(
      '[path]',
      'the backup, in any format and place that `rehearse run` takes, of several the newest; by default the project’s',
    )
    .option('--report <json=path>', 'write the verification as JSON; - is standard output')
    .addHelpText('after', help)
  addSettings(command, [...backupPlace, 'database', 'maxAge', 'engine', 'postgres', 'image', 'amcheck'])
  command.action(async (backup: string | undefined, options: Options) => {
    await act(async ({ redactor, signal }) => {
      const plan = { ...(await planOf(options, backup === undefined ? {} : { backup })), keep: false }
      // What the config file says is for rehearsals: the document is another one.
      const reports = options['report'] === undefined ? [] : plan.reports
      const other = reports.find(({ name }) => name !== 'json')
      if (other !== undefined) throw noSuchReport(other.name)
      const view = liveView(process.stderr, redactor)
      const verification = await verify(plan, { observe: view.observe, signal, redactor })
      view.close()
      process.stdout.write(renderVerification(verification))
      const text = `${JSON.stringify(verification, undefined, 2)}\n`
      for (const { path } of reports) await writeReport(path, text)
      return exitCodes[verification.verdict]
    })
  })
}

function noSuchReport(name: string): HarnessError {
  return new HarnessError('invalid-plan', `verify-backup has no report ${name}.`, {
    hint: 'Use --report json=PATH; what people read is printed anyway.',
  })
}
