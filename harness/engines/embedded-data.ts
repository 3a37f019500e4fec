import { createWriteStream } from 'node:fs'
import { chmod, chown, constants, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'
import type { Run } from '../runs/run.ts'
import type { DataDirectory, DataFile } from './data-directory.ts'
import { serverEnvironment } from './embedded-cluster.ts'
import type { Cluster } from './embedded-cluster.ts'
import { ownFiles } from './own-files.ts'
import { takeOver } from './take-over.ts'
import type { SingleUserSession } from './take-over.ts'

/**
 * Copies the files into the cluster's data directory, sharing their blocks where the file system can (reflink), and
 * makes `postgres` ours.
 */
export async function fillCluster(
  cluster: Cluster,
  data: DataDirectory,
  settings: string,
  run: Run,
): Promise<void> {
  for await (const file of ownFiles(data, { settings, access: ownAccess })) await place(cluster, file)
  await finishCluster(cluster, data, run)
}

/** Who may connect: `postgres`, from this machine, with the password. */
export const ownAccess = 'host all postgres 127.0.0.1/32 scram-sha-256\n'

/** Makes `postgres` ours in a data directory whose files are in place. */
export async function finishCluster(cluster: Cluster, data: DataDirectory, run: Run): Promise<void> {
  const session: SingleUserSession = async (args, statements) =>
    await singleUser(cluster, args, statements, run)
  await takeOver(session, cluster.dataDirectory, data, cluster.password)
}

async function singleUser(
  { bin, user, directory }: Cluster,
  args: readonly string[],
  statements: string,
  run: Run,
): ReturnType<SingleUserSession> {
  const child = execa(join(bin, 'postgres'), args, {
    ...user,
    cwd: directory,
    env: serverEnvironment(),
    extendEnv: false,
    input: statements,
    detached: true,
    all: true,
    reject: false,
  })
  if (child.pid !== undefined) run.track(child.pid)
  const result = await child
  if (child.pid !== undefined) run.untrack(child.pid)
  return { exitCode: result.exitCode ?? 128, output: String(result.all ?? result.shortMessage) }
}

async function place({ dataDirectory, user }: Cluster, file: DataFile): Promise<void> {
  const path = join(dataDirectory, file.path)
  if (file.kind === 'directory') await mkdir(path, { mode: 0o700 })
  else if (file.localPath !== undefined) {
    await copyFile(file.localPath, path, constants.COPYFILE_FICLONE)
    await chmod(path, 0o600)
  } else await pipeline(file.content(), createWriteStream(path, { mode: 0o600 }))
  if (user !== undefined) await chown(path, user.uid, user.gid)
}
