import { rm } from 'node:fs/promises'
import type { Binaries } from './embedded-binaries.ts'
import { emptyCluster, initialise, settings } from './embedded-cluster.ts'
import { fillCluster } from './embedded-data.ts'
import { serverUser } from './embedded-install.ts'
import { startPostmaster } from './embedded-postmaster.ts'
import { embeddedServer, type EmbeddedServer } from './embedded-server.ts'
import type { ServerRequest } from './engine.ts'

/** A server on a new data directory in the run's, or on the request's data; nothing of it is left when it does not start. */
export async function startEmbedded(
  binaries: Binaries,
  { data, run, settings: given }: ServerRequest,
): Promise<EmbeddedServer> {
  const make = data === undefined ? initialise : emptyCluster
  const cluster = { ...(await make(binaries, await serverUser(), run)), settings: given }
  try {
    if (data !== undefined) await fillCluster(cluster, data, await settings(), run)
    return embeddedServer(cluster, await startPostmaster(cluster, run), run)
  } catch (error) {
    await rm(cluster.directory, { recursive: true, force: true })
    throw error
  }
}
