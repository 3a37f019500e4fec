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

/** The source of a rehearsal; undefined when it has a backup. Throws when both are given in the same place. */
export function chooseSource({ flags, environment, file }: SourceSettings): Source | undefined {
  const places = [
    { source: one(flags.source), backup: one(flags.backup), as: '--source and --backup' },
    {
      source:
        environment[variable] === undefined || environment[variable] === '' ? undefined : `env:${variable}`,
      backup: environment['REHEARSAL_BACKUP'] || undefined,
      as: `${variable} and REHEARSAL_BACKUP`,
    },
    { source: file.source, backup: file.backup, as: '`source` and `backup` of the config file' },
  ]
  for (const { source, backup, as } of places) {
    if (source !== undefined && backup !== undefined)
      throw new Error(`${as} are both given: take one of them`)
    if (source !== undefined) return namedSource(source, environment)
    if (backup !== undefined) return undefined
  }
  return undefined
}

const variable = 'REHEARSAL_SOURCE_URL'

/** The server that a variable holds the URL of. Throws when it is not set. */
export function sourceFrom(variable: string, environment: Environment): Source {
  const url = environment[variable]
  if (url === undefined || url === '') throw new Error(`${variable} is not set`)
  return sourceOf(url, variable)
}
