import type { OpenedBackup } from '../backups/backup-format.ts'
import { command } from './command.ts'
import { file } from './file.ts'
import { pgbackrest } from './pgbackrest.ts'
import { s3 } from './s3.ts'
import type { Origin, OriginRequest, WantedBackup } from './origin.ts'

/** Every place that backups are had from, by name. Add one by registering it here; the first that holds it is asked. */
export const origins = { command, s3, pgbackrest, file } satisfies Record<string, Origin>

/** The place that holds the backup. */
export function originOf(wanted: WantedBackup): Origin {
  return Object.values<Origin>(origins).find((origin) => origin.holds(wanted)) ?? file
}

/** The backup that is meant, wherever it lies. Throws HarnessError, and the signal's reason when it is aborted. */
export async function openWanted(request: OriginRequest): Promise<OpenedBackup> {
  request.signal.throwIfAborted()
  return await originOf(request).open(request)
}
