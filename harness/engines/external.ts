import { HarnessError } from '../errors.ts'
import { parseUrl } from '../postgres/url.ts'
import { inspectServer } from './external-inspect.ts'
import { externalServer } from './external-server.ts'
import { sweepDatabases } from './external-sweep.ts'
import type { Availability, Engine, Server, ServerRequest } from './engine.ts'

/** A server that the user names; only databases of the tool's own are made and dropped on it. */
export const external: Engine = {
  name: 'external',
  description:
    'a server of yours (REHEARSAL_SERVER_URL), on which databases of the tool are made and dropped',

  async probe(request: ServerRequest): Promise<Availability> {
    const found = await inspectServer(request)
    return found.available ? { available: true, detail: found.detail } : found
  },

  async start(request: ServerRequest): Promise<Server> {
    const found = await inspectServer(request)
    if (!found.available) throw new HarnessError('external-unavailable', found.reason, { hint: found.remedy })
    return externalServer(found.admin, found.version, request.run)
  },

  /** SQL does not say. */
  freeBytes: () => Promise.resolve(undefined),

  async sweep({ serverUrl, kept }): Promise<string[]> {
    const admin = serverUrl === undefined ? undefined : parseUrl(serverUrl)
    return admin === undefined ? [] : await sweepDatabases(admin, kept)
  },
}
