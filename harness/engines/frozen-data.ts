import { createHash } from 'node:crypto'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Frozen } from './engine.ts'

/** In every frozen data directory, readable for its server's user alone: the superuser's password. */
export const passwordName = 'pg-rehearsal.password'

/** Relative to the data directory; written at every checkpoint, so that nothing can run on the data without a trace in it. */
export const controlFile = 'global/pg_control'

/** DB_SHUTDOWNED, as the fourth number of `ControlFileData` (src/include/catalog/pg_control.h). */
const shutDown = 1
const stateOffset = 16

/** The control file's digest. Throws when it does not say that the server was shut down: the data would have to recover. */
export function cleanDigest(control: Buffer): string {
  if (control.length < stateOffset + 4 || control.readUInt32LE(stateOffset) !== shutDown) {
    throw new HarnessError('freeze-unclean', 'The Postgres server did not shut down cleanly.', {
      hint: 'Its disk may be full. Free some space and run it again, or use --snapshots off.',
    })
  }
  return digestOf(control)
}

/** Throws HarnessError `snapshot-altered` unless `control` is what the frozen data had. */
export function requireUnaltered({ place, controlDigest }: Frozen, control: Buffer | undefined): void {
  if (control !== undefined && digestOf(control) === controlDigest) return
  const what = control === undefined ? 'is gone or incomplete' : 'was altered after it was frozen'
  throw new HarnessError('snapshot-altered', `The snapshot's data in ${place} ${what}.`, {
    hint: 'Run it again: the snapshot is removed and restored anew. Nothing but pg-rehearsal may use that data.',
  })
}

/** The segments of the write-ahead log from which a server that is shut down now would start, first and last. */
export interface NeededLog {
  readonly first: string
  readonly last: string
}

/**
 * Writes everything down, and names the segments of `pg_wal` that are still needed. Later names are kept for reuse,
 * gigabytes after a load; earlier ones may hold what was masked since.
 */
export async function neededLog(admin: Connection): Promise<NeededLog> {
  return await withClient(admin, async (client) => {
    await client.query('select pg_catalog.pg_switch_wal()')
    await client.query('checkpoint')
    const { rows } = await client.query<{ first: string; last: string }>(
      `select redo_wal_file as first, pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()) as last
       from pg_catalog.pg_control_checkpoint()`,
    )
    return rows[0] ?? { first: '', last: '' }
  })
}

function digestOf(control: Buffer): string {
  return createHash('sha256').update(control).digest('hex')
}
