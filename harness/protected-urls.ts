import { parseUrl, urlOf } from './postgres/url.ts'
import { connectionVariables } from './settings.ts'
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

/** Throws when the server to rehearse on is one of the protected ones, or no server at all. */
export function refuseProtectedServer(
  serverUrl: string | undefined,
  protectedUrls: Record<string, string>,
): void {
  const target = serverUrl === undefined ? undefined : parseUrl(serverUrl)
  if (serverUrl !== undefined && target === undefined)
    throw new Error('REHEARSAL_SERVER_URL is not a postgres URL')
  for (const [variable, url] of Object.entries(protectedUrls)) {
    const server = parseUrl(url)
    if (server !== undefined && server.host === target?.host && server.port === target.port) {
      throw new Error(`REHEARSAL_SERVER_URL names the same server as ${variable}; rehearsals never run there`)
    }
  }
}
