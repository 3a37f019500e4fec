import { HarnessError } from '../errors.ts'
import type { SqlEvent } from './sql/splitter.ts'

/** Whether a dump with these psql commands can be loaded without psql. */
export function loadableWithoutPsql(metaCommands: readonly string[]): boolean {
  return metaCommands.every((name) => meaningless.has(name))
}

/**
 * Throws HarnessError for a psql command that a backup must not have: one that runs programs, reads or writes
 * files of this machine, or ends the session early.
 */
export function checkMetaCommand({ name, line }: Extract<SqlEvent, { kind: 'meta' }>): void {
  if (meaningless.has(name) || (harmless.has(name) && !line.includes('`') && !line.includes('|'))) return
  throw new HarnessError(
    'backup-unsafe-command',
    `The backup holds the psql command \\${name}, which is not run here: it reaches outside the database.`,
    { hint: 'Take the backup with pg_dump, or take the command out of the file if you trust the rest.' },
  )
}

/** Nothing is lost without them. pg_dump writes the first two against injected commands (CVE-2025-8714). */
const meaningless = new Set(['restrict', 'unrestrict', '.'])

/** Stay within psql and its session. */
const harmless = new Set(
  'echo qecho warn set unset pset timing encoding if elif else endif gset gexec errverbose x t a'.split(' '),
)
