import { serversOf } from './migrator/protected-servers.ts'
import { parseUrl, urlOf } from './postgres/url.ts'
import { connectionVariables } from './connection-variables.ts'
import type { Source } from './source/source.ts'

/** Connection strings of servers that rehearsals never touch, by variable. */
export function protectedUrlsOf(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const urls: Record<string, string> = {}
  for (const { variable, protected: isProtected } of connectionVariables) {
    const value = environment[variable]
    if (isProtected && value !== undefined && value !== '') urls[variable] = value
  }
  return urls
}

/** The server that a backup is taken from, protected like the others from then on. */
export function protectedSource(source: Source | undefined): Record<string, string> {
  return source === undefined ? {} : { [source.name]: urlOf(source.connection) }
}

/** Throws when the server to write to, which the variable `called` names, is one of the protected ones, or no server at all. */
export function refuseProtectedServer(
  serverUrl: string | undefined,
  protectedUrls: Record<string, string>,
  called = 'REHEARSAL_SERVER_URL',
): void {
  if (serverUrl === undefined) return
  const targets = serversOf(serverUrl)
  if (parseUrl(serverUrl) === undefined) throw new Error(`${called} is not a postgres URL`)
  for (const [variable, url] of Object.entries(protectedUrls)) {
    const servers = serversOf(url)
    if (servers.some(({ host, port }) => targets.some((it) => it.host === host && it.port === port))) {
      throw new Error(`${called} names the same server as ${variable}; rehearsals never write there`)
    }
  }
}
