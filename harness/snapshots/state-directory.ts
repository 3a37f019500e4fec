import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * A directory for what is remembered between runs, made when it is missing: below `REHEARSAL_STATE`, else
 * `XDG_STATE_HOME/pg-rehearsal`, else `~/.local/state/pg-rehearsal`. Throws the system's error.
 */
export async function stateDirectory(name: string): Promise<string> {
  const { REHEARSAL_STATE: own, XDG_STATE_HOME: state } = process.env
  const root = own || join(state || join(homedir(), '.local', 'state'), 'pg-rehearsal')
  const directory = join(root, name)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return directory
}
