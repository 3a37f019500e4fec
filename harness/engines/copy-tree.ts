import { constants } from 'node:fs'
import { chown, copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ServerUser } from './embedded-install.ts'

/** As many as Node has threads for files. */
const parallelism = 4

/**
 * Copies a directory of files and directories, several files at a time, sharing their blocks where the file system
 * can (reflink). What is copied belongs to `user`, and directories are open to it alone. Throws the system's error.
 */
export async function copyTree(source: string, target: string, user: ServerUser): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const pathOf = ({ parentPath, name }: (typeof entries)[number]) => relative(source, join(parentPath, name))
  const own = async (path: string) => {
    if (user !== undefined) await chown(path, user.uid, user.gid)
  }
  await mkdir(target, { mode: 0o700 })
  await own(target)
  // Parents come before what is in them.
  for (const directory of entries.filter((entry) => entry.isDirectory())) {
    const path = join(target, pathOf(directory))
    await mkdir(path, { mode: 0o700 })
    await own(path)
  }
  const files = entries.filter((entry) => entry.isFile()).map(pathOf)
  const work = async () => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      await copyFile(join(source, file), join(target, file), constants.COPYFILE_FICLONE)
      await own(join(target, file))
    }
  }
  await Promise.all(Array.from({ length: parallelism }, work))
}

/** Whether files of `source` can share their blocks with copies in the directory `target`. */
export async function canShareBlocks(source: string, target: string): Promise<boolean> {
  const probe = join(target, 'reflink-probe')
  try {
    await copyFile(source, probe, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch {
    return false
  } finally {
    await rm(probe, { force: true })
  }
}
