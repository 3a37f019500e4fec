import { chmod, chown, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Run } from '../runs/run.ts'
import type { DataDirectory } from './data-directory.ts'
import { finishCluster } from './embedded-data.ts'
import type { Cluster } from './embedded-cluster.ts'
import { ownAccess } from './embedded-data.ts'
import { ownFiles } from './own-files.ts'

/**
 * Makes a clone of the data ours without reading it: what must not be there is removed from the clone, what is ours
 * is written into it, and everything belongs to the server's user. What it is a clone of stays as it is.
 */
export async function adoptClone(
  cluster: Cluster,
  data: DataDirectory,
  settings: string,
  run: Run,
): Promise<void> {
  const { dataDirectory, user } = cluster
  const kept = new Set<string>()
  const written: { path: string; content: Buffer }[] = []
  for await (const file of ownFiles(data, { settings, access: ownAccess })) {
    kept.add(file.path)
    if (file.kind === 'directory') await mkdir(join(dataDirectory, file.path), { recursive: true })
    else if (file.localPath === undefined)
      written.push({ path: file.path, content: await buffer(file.content()) })
  }
  const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true })
  const root = dataDirectory.length + 1
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (!kept.has(path.slice(root))) await rm(path, { recursive: true, force: true })
    else await own(path, entry.isDirectory() ? 0o700 : 0o600, user)
  }
  for (const { path, content } of written) {
    // A link in its place would lead elsewhere.
    await rm(join(dataDirectory, path), { force: true })
    await writeFile(join(dataDirectory, path), content)
    await own(join(dataDirectory, path), 0o600, user)
  }
  await finishCluster(cluster, data, run)
}

/** Only where it is not so yet: over a layered file system every change copies the file. */
async function own(path: string, mode: number, user: Cluster['user']): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined || found.isSymbolicLink()) return
  if ((found.mode & 0o777) !== mode) await chmod(path, mode)
  if (user !== undefined && (found.uid !== user.uid || found.gid !== user.gid))
    await chown(path, user.uid, user.gid)
}
