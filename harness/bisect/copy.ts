import type { Server } from '../engines/engine.ts'
import type { Redactor } from '../redact.ts'
import { openJournal, type Observer } from '../stage.ts'
import type { Given } from '../stages/given.ts'
import { preflight } from '../stages/preflight.ts'
import { pristineName, provision } from '../stages/provision.ts'
import { restore } from '../stages/restore.ts'
import type { Teardown } from '../teardown.ts'

/** Restores the backup as a rehearsal does, and names the copy of it that clones are made from. */
export async function openBackupCopy(
  given: Given,
  { teardown, redactor, observe }: { teardown: Teardown; redactor: Redactor; observe: Observer },
): Promise<{ server: Server; pristine: string }> {
  const journal = openJournal(observe, given.signal)
  const prepared = await journal.run('preflight', (progress) => preflight(given, progress))
  const provisioned = await journal.run('provision', (progress) =>
    provision(given, prepared, { teardown, redactor, observe }, progress),
  )
  await journal.run('restore', (progress) => restore(prepared, provisioned, given.signal, progress))
  return { server: provisioned.server, pristine: pristineName(provisioned.database) }
}
