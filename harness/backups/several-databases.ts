import { HarnessError } from '../errors.ts'

/** The backup has several databases and none is asked for. */
export function severalDatabases(names: readonly (string | null)[]): HarnessError {
  const list = names.map((name) => name ?? 'one without a name, before the first \\connect').join(', ')
  return new HarnessError('backup-several-databases', `The backup holds several databases: ${list}.`, {
    hint: 'Say which one to rehearse on: --database NAME, REHEARSAL_DATABASE or `database` in the config file.',
  })
}

/** The backup has databases, but not the one that is asked for. */
export function noSuchDatabase(asked: string, names: readonly string[]): HarnessError {
  return new HarnessError(
    'backup-no-such-database',
    `The backup has no database ${asked}, but ${names.join(', ')}.`,
    {
      hint: 'Give one of these: --database NAME, REHEARSAL_DATABASE or `database` in the config file.',
    },
  )
}
