import { HarnessError } from '../errors.ts'

/**
 * The error for a message of pg_restore, psql or the server after which the copy is unusable; undefined when
 * only one object is lost.
 */
export function fatalError(message: string): HarnessError | undefined {
  // A foreign server that leads nowhere (defuse.ts) is not ours that went away.
  if (message.includes('/defused')) return undefined
  const found = fatal.find(({ pattern }) => pattern.test(message))
  return found && new HarnessError(found.code, `${found.is}: ${message.trim()}`, { hint: found.hint })
}

/** As `fatalError`, and `restore-failed` for whatever else stopped the restore. */
export function restoreError(message: string, statement?: string): HarnessError {
  const where = statement === undefined ? '' : ` In: ${excerpt(statement)}`
  const missing = /extension "([^"]+)" is not available|could not open extension control file/.exec(message)
  const extension = missing?.[1] ?? /extension\/([\w-]+)\.control/.exec(message)?.[1]
  return (
    fatalError(message) ??
    new HarnessError('restore-failed', `The backup cannot be restored: ${message.trim()}${where}`, {
      hint:
        extension === undefined
          ? 'Restore it by hand into an empty database of the same Postgres version to see whether the backup is whole.'
          : `Rehearse on a server that has the extension ${extension}: an image with it (--image) or a server of your own (--engine external).`,
    })
  )
}

/** The beginning of a statement, on one line; of one that may hold a secret only its first words. */
export function excerpt(statement: string): string {
  const line = statement.trim().replaceAll(/\s+/g, ' ')
  if (/password|connection|options|mapping|secret/i.test(line))
    return `${line.split(' ').slice(0, 3).join(' ')} …`
  return line.length > 120 ? `${line.slice(0, 120)} …` : line
}

const fatal: readonly { pattern: RegExp; code: string; is: string; hint: string }[] = [
  {
    pattern: /No space left on device|disk full/i,
    code: 'disk-full',
    is: 'The disk is full',
    hint: 'Free space where the server keeps its data (Docker: `docker system df`), or choose a server with more.',
  },
  {
    pattern:
      /server closed the connection|Connection terminated|connection to server|could not connect|no connection to the server|terminating connection|the database system is|ECONNRESET|ECONNREFUSED|EPIPE|SSL SYSCALL/i,
    code: 'server-gone',
    is: 'The server went away while restoring',
    hint: 'Look for the reason in its log: too little memory ends a container or a server with signal 9.',
  },
  {
    pattern: /unsupported version|no data will be available|does not support compression/i,
    code: 'old-pg-restore',
    is: 'pg_restore is too old, or built without what the backup needs',
    hint: 'Use the pg_restore of the Postgres that made the backup: `apt-get install postgresql-client-…`, or --engine docker.',
  },
  {
    pattern:
      /end of file|corrupt|did not find magic|could not uncompress|could not decompress|invalid compressed|could not find block|unexpected block|unexpected data offset|input file is too short/i,
    code: 'backup-corrupt',
    is: 'The backup is damaged',
    hint: 'Copy it again and compare checksums, or take a new one.',
  },
  {
    pattern: /out of memory|cannot allocate memory|could not resize shared memory/i,
    code: 'out-of-memory',
    is: 'The server ran out of memory while restoring',
    hint: 'Give it more memory or, in Docker, more shared memory.',
  },
  {
    pattern: /password authentication failed|no pg_hba.conf entry|permission denied for database/i,
    code: 'server-refused',
    is: 'The server did not let us in',
    hint: 'Check user, password and rights of the server URL.',
  },
]
