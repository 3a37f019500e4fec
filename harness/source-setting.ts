import type { Config } from './config-schema.ts'
import { one } from './config-values.ts'
import { parseUrl } from './postgres/url.ts'
import type { RawSettings } from './raw-settings.ts'
import { sourceOf, type Source } from './source/source.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The server that `text` names: `env:NAME`, or a postgres URL without a password where others see it (a command line,
 * a config file). Throws for what is neither.
 */
export function namedSource(text: string, environment: Environment): Source {
  if (text.startsWith('env:')) return sourceFrom(text.slice('env:'.length), environment)
  if ((parseUrl(text)?.password ?? '') !== '') {
    throw new Error(
      'the source has a password where others can see it: put the URL into a variable and give its name, as in --source env:PRODUCTION_DATABASE_URL',
    )
  }
  const { host = '', port = '' } = parseUrl(text) ?? {}
  return sourceOf(text, host === '' ? 'the source' : `${host}:${port}`)
}

/** What may name a source or a backup; the flag beats the variable, the variable the config file. */
export interface SourceSettings {
  readonly flags: RawSettings
  readonly environment: Environment
  readonly file: Pick<Config, 'source' | 'backup'>
}

/** Where the backup comes from; at most one of them is defined. */
export interface ChosenBackup {
  readonly source?: Source
  /** As it was given. */
  readonly backup?: string
  readonly command?: string
}

/** The source, the backup or the command of a rehearsal. Throws when several are given in the same place. */
export function chooseBackup({ flags, environment, file }: SourceSettings): ChosenBackup {
  for (const { all, where } of placesOf(flags, environment, file)) {
    const given = all.filter(({ value }) => value !== undefined && value !== '')
    if (given.length > 1)
      throw new Error(
        `${given.map(({ name }) => name).join(' and ')}${where} are both given: take one of them`,
      )
    const [only] = given
    if (only?.value === undefined) continue
    return only.as === 'source' ? { source: namedSource(only.value, environment) } : { [only.as]: only.value }
  }
  return {}
}

interface Given {
  readonly as: keyof ChosenBackup
  readonly name: string
  readonly value: string | undefined
}

/** In the order in which they count. */
function placesOf(
  flags: RawSettings,
  environment: Environment,
  { source, backup }: SourceSettings['file'],
): { readonly all: readonly Given[]; readonly where: string }[] {
  const command = typeof backup === 'object' ? backup.command : undefined
  const path = typeof backup === 'string' ? backup : undefined
  const url = environment[variable]
  return [
    {
      where: '',
      all: [
        { as: 'source', name: '--source', value: one(flags.source) },
        { as: 'backup', name: '--backup', value: one(flags.backup) },
        { as: 'command', name: '--backup-command', value: one(flags.backupCommand) },
      ],
    },
    {
      where: '',
      all: [
        {
          as: 'source',
          name: variable,
          value: url === undefined || url === '' ? undefined : `env:${variable}`,
        },
        { as: 'backup', name: 'REHEARSAL_BACKUP', value: environment['REHEARSAL_BACKUP'] },
        { as: 'command', name: 'REHEARSAL_BACKUP_COMMAND', value: environment['REHEARSAL_BACKUP_COMMAND'] },
      ],
    },
    {
      where: ' of the config file',
      all: [
        { as: 'source', name: '`source`', value: source },
        { as: 'backup', name: '`backup`', value: path },
        { as: 'command', name: '`backup`', value: command },
      ],
    },
  ]
}

const variable = 'REHEARSAL_SOURCE_URL'

/** The server that a variable holds the URL of. Throws when it is not set. */
export function sourceFrom(variable: string, environment: Environment): Source {
  const url = environment[variable]
  if (url === undefined || url === '') throw new Error(`${variable} is not set`)
  return sourceOf(url, variable)
}
