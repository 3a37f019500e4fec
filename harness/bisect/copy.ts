import type { Clones } from '../clones/clones.ts'
import { openJournal } from '../stage.ts'
import type { Given } from '../stages/given.ts'
import { preflight } from '../stages/preflight.ts'
import { provision, type ServerKeeping } from '../stages/provision.ts'
import { restore } from '../stages/restore.ts'

/** Restores the backup as a rehearsal does; returns what makes copies of it. */
export async function openBackupCopy(given: Given, keeping: ServerKeeping): Promise<Clones> {
  const journal = openJournal(keeping.observe, given.signal, given.beganAt)
  const prepared = await journal.run('preflight', (progress) => preflight(given, progress))
  const provisioned = await journal.run('provision', (progress) =>
    provision(given, prepared, keeping, progress),
  )
  const { clones } = await journal.run('restore', (progress) =>
    restore(given, prepared, provisioned, keeping, progress),
  )
  return clones
}
