import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { HarnessError } from '../errors.ts'

/**
 * What the operator's command is asked for, with paths after it: `create DIRECTORY` an empty directory; `freeze
 * DIRECTORY TARGET` to keep a directory at another path, where nothing writes to it any more; `clone SOURCE TARGET` a
 * writable copy of what nobody writes to; `discard DIRECTORY` to remove what one of these made.
 */
export type StorageAction = 'create' | 'freeze' | 'clone' | 'discard'

/** Beside a data directory that the command made: the command, which alone can remove it. Readable by us alone. */
export const hookFile = 'storage-hook'

/** The name of the data directory beside it. */
export const hookedData = 'data'

/** By this exit code the command says that it can make no clone of this source; every other but 0 is a failure. */
const cannot = 3

/**
 * Calls the command, with nothing of our environment but PATH, HOME and TMPDIR. Returns false when it says that it
 * cannot; throws HarnessError `storage-hook-failed` when it fails, or leaves no directory where one was asked for.
 */
export async function callStorageHook(
  command: string,
  action: StorageAction,
  ...paths: readonly string[]
): Promise<boolean> {
  const { PATH = '/usr/bin:/bin', HOME = '/', TMPDIR = '/tmp' } = process.env
  const result = await execa('sh', ['-c', `${command} "$@"`, 'sh', action, ...paths], {
    env: { PATH, HOME, TMPDIR },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    // Ctrl-C in the terminal must not end it half-way: teardown comes after it.
    detached: true,
  })
  if (result.exitCode === cannot && action === 'clone') return false
  const called = `${action} ${paths.join(' ')}`
  if (result.exitCode !== 0)
    throw failed(
      `${called} ended with ${result.exitCode ?? 'a signal'}: ${String(result.all).trim().slice(-2_000)}`,
    )
  const target = action === 'discard' ? undefined : paths.at(-1)
  if (target !== undefined && !(await isDirectory(target)))
    throw failed(`${called} made no directory ${target}`)
  return true
}

/** Remembers, before anything is made, which command removes the data directory in `directory`. */
export async function rememberStorageHook(directory: string, command: string): Promise<void> {
  await writeFile(join(directory, hookFile), command, { mode: 0o600 })
}

/** Lets the command that made the data directory in `directory` remove it, where there is one. */
export async function releaseStorage(directory: string): Promise<void> {
  const command = await readFile(join(directory, hookFile), 'utf8').catch(() => undefined)
  const data = join(directory, hookedData)
  if (command !== undefined && (await isDirectory(data))) await callStorageHook(command, 'discard', data)
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function failed(what: string): HarnessError {
  return new HarnessError('storage-hook-failed', `The storage hook failed: ${what}`, {
    hint: 'Run the command by hand with these arguments, or leave out --storage-hook; docs/scale.md says what it is asked for.',
  })
}
