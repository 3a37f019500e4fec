import type { Server } from '../engines/engine.ts'
import { databaseBytes } from '../postgres/database-bytes.ts'
import type { Finding, MaskedTable } from '../rehearsal.ts'
import type { Progress } from '../stage.ts'
import { pristineName } from './provision.ts'

/** The backup on a server, and what there is to say about how it got there. */
export interface Brought {
  /** A copy of it that nothing writes to is beside it, named by `pristineName`. */
  readonly pristine: boolean
  readonly summary: string
  /** What was masked. */
  readonly masking: readonly MaskedTable[]
  readonly findings: readonly Finding[]
}

/**
 * Up to this size a copy of the database within its server takes less time than a server on a clone: 0.3 s at 235 MB,
 * against 0.6-0.9 s at any size, measured on 2 cores.
 */
export const copiedWithinBytes = 512 * 1024 * 1024

/** Copies the restored database beside itself when it takes up to `atMostBytes`; says whether it did. */
export async function keepPristine(
  server: Server,
  database: string,
  atMostBytes: number,
  progress: Progress,
): Promise<boolean> {
  if ((await databaseBytes(server.connection(database))) > atMostBytes) return false
  progress('keeping a pristine copy')
  await server.cloneDatabase(database, pristineName(database))
  return true
}
