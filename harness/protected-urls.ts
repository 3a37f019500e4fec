import { parseUrl } from './postgres/url.ts'
import { connectionVariables } from './settings.ts'

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
