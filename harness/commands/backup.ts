import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { backup as take } from '../backup.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { renderBackup } from '../reports/backup.ts'
import { namedSource } from '../source-setting.ts'
import type { Source } from '../source/source.ts'
import { act } from './act.ts'

const help = `
Exit codes:
  0    the backup is there, whole, with everything that was asked
  1    the backup is there and whole, but the rows of some table could not be counted
  2    there is no backup: nothing was written, or what was written is removed
  130  interrupted (143 by SIGTERM); what was written is removed

Examples:
  $ rehearse backup                                 of PRODUCTION_DATABASE_URL, into backups/<database>-<time>
  $ rehearse backup /backups/monday --source env:REPLICA_URL --jobs 4
`

interface BackupFlags {
  readonly source: string
  readonly jobs: number
  readonly rowCounts: boolean
  readonly json?: true
}

/** `rehearse backup`: a full backup of production, with a manifest. */
export function backup(command: Command): void {
  command
    .description(
      'Take a full backup of production (pg_dump, parallel, compressed), read-only, with a manifest.',
    )
    .argument('[path]', 'directory to make, which must not exist (default: backups/<database>-<time>)')
    .addOption(
      new Option(
        '--source <from>',
        'another server: env:NAME for a variable with its URL, or a URL without password',
      ).default('env:PRODUCTION_DATABASE_URL'),
    )
    .addOption(
      new Option('--jobs <number>', 'sessions that dump at the same time')
        .argParser(jobsOf)
        .default(Math.min(4, availableParallelism())),
    )
    .option('--no-row-counts', 'do not count the rows of every table in the same snapshot')
    .option('--json', 'print one JSON document')
    .addHelpText('after', help)
    .action(async (path: string | undefined, flags: BackupFlags) => {
      await act(async ({ redactor, signal }) => {
        const result = await take({
          source: sourceOf(flags.source),
          path: (database) => resolve(path ?? join('backups', `${fileName(database)}-${now()}`)),
          jobs: flags.jobs,
          countRows: flags.rowCounts,
          signal,
          redactor,
          onProgress: (detail) => console.error(` · ${redactor.text(detail)}`),
        })
        const json = flags.json === true
        process.stdout.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : renderBackup(result))
        return result.uncounted.length === 0 ? 0 : 1
      })
    })
}

function sourceOf(text: string): Source {
  try {
    return namedSource(text, process.env)
  } catch (error) {
    if (error instanceof HarnessError) throw error
    throw new HarnessError('invalid-source', `No backup can be taken: ${messageOf(error)}.`, {
      hint: 'Set PRODUCTION_DATABASE_URL (in .env, say), or name another variable: --source env:NAME.',
      cause: error,
    })
  }
}

function jobsOf(text: string): number {
  const jobs = Number(text)
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 64) return jobs
  throw new InvalidArgumentError('It is a number from 1 to 64.')
}

function fileName(database: string): string {
  return database.replaceAll(/[^\p{L}\p{N}._-]/gu, '_')
}

/** `20260131T235959Z`: sorts by time. */
function now(): string {
  return new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
}
