import { chmod, lstat, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { HarnessError } from '../errors.ts'

/** Name of the file in a run's directory that says whose the run is. */
export const ownerFile = 'owner.json'
/** Name of the file that lists the run's tracked process groups. */
export const processesFile = 'processes.json'
/** Name of the file that marks a run as kept; it may hold until when, ISO 8601. */
export const keptFile = 'kept'
/** How the directories of embedded servers begin; each holds a data directory `data`. */
export const serverPrefix = 'server-'

/** What a run's id looks like: `r` and 10 lower-case letters and digits. */
export const runId = /^r[a-z0-9]{10}$/

/** Root runs Postgres as another user, who must be able to pass through to the data directory. */
export const directoryMode = process.getuid?.() === 0 ? 0o711 : 0o700

/**
 * The directory that holds every run of this user, made when it is missing: `pg-rehearsal-<uid>/runs` in the
 * system's temporary directory. Throws HarnessError when that name belongs to somebody else.
 */
export async function runsDirectory(): Promise<string> {
  const uid = process.getuid?.()
  const root = join(await temporaryDirectory(), `pg-rehearsal-${uid ?? 'user'}`)
  await makeDirectory(root)
  const { uid: owner } = await lstat(root)
  const runs = join(root, 'runs')
  if (uid !== undefined && owner !== uid) throw notOurs(root)
  await chmod(root, directoryMode)
  if (await makeDirectory(runs)) await spreadOut(runs)
  return runs
}

/**
 * Has ext4 put each directory in this one elsewhere on the disk. Beside files that were deleted in the last minutes, those
 * of the run before, it takes up to 0.7 ms to make one, and a data directory has 2,000: copying one takes 0.13 s
 * elsewhere and 1.2 s there. File systems without that attribute need none.
 * https://man7.org/linux/man-pages/man1/chattr.1.html
 */
async function spreadOut(directory: string): Promise<void> {
  if (process.platform === 'linux') await execa('chattr', ['+T', directory], { reject: false })
}

/** Whether it was not there before. */
async function makeDirectory(path: string): Promise<boolean> {
  const made = await mkdir(path, { mode: directoryMode }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      return false
    },
  )
  // A link planted in a shared temporary directory would lead what we write, and delete, elsewhere.
  if (!(await lstat(path)).isDirectory()) throw notOurs(path)
  return made
}

function notOurs(path: string): HarnessError {
  return new HarnessError('scratch-not-ours', `${path} exists and is not this user's directory.`, {
    hint: `Remove it, or set TMPDIR to a directory of your own.`,
  })
}

/** As root it must let other users through; a private TMPDIR, such as one under /root, does not. */
async function temporaryDirectory(): Promise<string> {
  if (process.getuid?.() !== 0) return tmpdir()
  for (const candidate of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await letsOthersThrough(candidate)) return candidate
  }
  return tmpdir()
}

async function letsOthersThrough(path: string): Promise<boolean> {
  for (let directory = path; ; directory = dirname(directory)) {
    const mode = await stat(directory).then(
      (found) => found.mode,
      () => 0,
    )
    if ((mode & 0o001) === 0) return false
    if (directory === dirname(directory)) return true
  }
}
