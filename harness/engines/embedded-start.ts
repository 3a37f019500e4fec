import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './embedded-binaries.ts'
import { emptyCluster, initialise, removedOnFailure, settings } from './embedded-cluster.ts'
import { adoptClone } from './embedded-adopt.ts'
import { fillCluster } from './embedded-data.ts'
import { serverUser } from './embedded-install.ts'
import { startPostmaster } from './embedded-postmaster.ts'
import { embeddedServer, type EmbeddedServer } from './embedded-server.ts'
import type { DataDirectory } from './data-directory.ts'
import type { ServerRequest } from './engine.ts'

/** A server on a new data directory in the run's, or on the request's data; nothing of it is left when it does not start. */
export async function startEmbedded(
  binaries: Binaries,
  { data, run, storageHook, settings: given }: ServerRequest,
): Promise<EmbeddedServer> {
  const user = await serverUser()
  if (data === undefined) {
    const cluster = { ...(await initialise(binaries, user, { run, storageHook })), settings: given }
    return await removedOnFailure(cluster.directory, async () =>
      embeddedServer(cluster, await startPostmaster(cluster, run), run),
    )
  }
  const source = await cloneable(data)
  const cluster = await emptyCluster(binaries, user, { run, storageHook, source })
  return await removedOnFailure(cluster.directory, async () => {
    const fill = cluster.cloned ? adoptClone : fillCluster
    await fill(cluster, data, await settings(), run)
    return embeddedServer(cluster, await startPostmaster(cluster, run), run)
  })
}

/** A directory is cloned as it is unless links lead out of it: to tablespaces, or to a `pg_wal` elsewhere. */
async function cloneable({ directory }: DataDirectory): Promise<string | undefined> {
  if (directory === undefined) return undefined
  const tablespaces = await readdir(join(directory, 'pg_tblspc')).catch(() => [])
  const entries = await readdir(directory, { withFileTypes: true })
  const isWhole = tablespaces.length === 0 && !entries.some((entry) => entry.isSymbolicLink())
  return isWhole && (await stat(join(directory, 'PG_VERSION'))).isFile() ? directory : undefined
}
