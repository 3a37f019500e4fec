import { parseUrl } from './postgres/url.ts'
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

/** The server that a variable holds the URL of. Throws when it is not set. */
export function sourceFrom(variable: string, environment: Environment): Source {
  const url = environment[variable]
  if (url === undefined || url === '') throw new Error(`${variable} is not set`)
  return sourceOf(url, variable)
}
