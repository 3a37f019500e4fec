import { chownSync, constants, copyFileSync, mkdirSync, statSync, utimesSync } from 'node:fs'
import { copyFile, readdir, rm, utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { ServerUser } from './embedded-install.ts'

/** As many as Node has threads for files. */
const parallelism = 4
/** A trip through the thread pool costs more than copying so little: a thousand files take 0.1 s this way, 0.7 s that. */
const smallBytes = 256 * 1024
/** Small files between two looks at what else there is to do. */
const atOnce = 64

/**
 * Copies a directory of files and directories, large files several at a time, sharing their blocks where the file
 * system can (reflink). What is copied belongs to `user`, and directories are open to it alone; files keep the time at
 * which they were last written to, by which `readTouched` knows them. Throws the system's error.
 */
export async function copyTree(source: string, target: string, user: ServerUser): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true })
  const paths = (wanted: typeof entries) =>
    wanted.map(({ parentPath, name }) => relative(source, join(parentPath, name)))
  const own = (path: string) => {
    if (user !== undefined) chownSync(path, user.uid, user.gid)
  }
  // Parents come before what is in them.
  for (const directory of ['', ...paths(entries.filter((entry) => entry.isDirectory()))]) {
    mkdirSync(join(target, directory), { mode: 0o700 })
    own(join(target, directory))
  }
  const large: { file: string; atime: Date; mtime: Date }[] = []
  for (const [index, file] of paths(entries.filter((entry) => entry.isFile())).entries()) {
    if (index % atOnce === 0) await setImmediate()
    const { size, atime, mtime } = statSync(join(source, file))
    if (size > smallBytes) {
      large.push({ file, atime, mtime })
      continue
    }
    copyFileSync(join(source, file), join(target, file), constants.COPYFILE_FICLONE)
    own(join(target, file))
    utimesSync(join(target, file), atime, mtime)
  }
  const work = async () => {
    for (let next = large.pop(); next !== undefined; next = large.pop()) {
      const { file, atime, mtime } = next
      await copyFile(join(source, file), join(target, file), constants.COPYFILE_FICLONE)
      own(join(target, file))
      await utimes(join(target, file), atime, mtime)
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
