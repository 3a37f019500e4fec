import { HarnessError } from '../../errors.ts'
import { crc32c } from './crc32c.ts'

/** What `global/pg_control` says of a cluster. */
export interface ControlFile {
  readonly systemIdentifier: string
  /** Shut down cleanly: its files are whole without recovery. */
  readonly shutDown: boolean
  /** Of its latest checkpoint; null where a version of Postgres keeps it elsewhere. */
  readonly checkpointAt: Date | null
  readonly walSegmentBytes: number
  /** Settings that a server on these files must not fall below. */
  readonly minimums: Readonly<Record<string, number>>
}

/**
 * Reads `global/pg_control` of Postgres 12 to 18, written on a little-endian machine. Its struct differs between
 * majors before a known number only (`floatFormat`), so what is needed is counted from its beginning and from there:
 * src/include/catalog/pg_control.h. Throws HarnessError `backup-corrupt` when it is damaged.
 */
export function readControlFile(bytes: Buffer): ControlFile {
  const anchor = anchorOf(bytes)
  if (anchor === undefined || !isWhole(bytes, anchor)) throw corrupt()
  const number = (at: number): number => bytes.readInt32LE(anchor + at)
  return {
    systemIdentifier: String(bytes.readBigUInt64LE(0)),
    shutDown: [1, 2].includes(bytes.readInt32LE(16)),
    checkpointAt: plausible(new Date(Number(bytes.readBigInt64LE(checkpointTimeAt)) * 1000)),
    walSegmentBytes: number(20),
    minimums: {
      max_connections: number(-28),
      max_worker_processes: number(-24),
      max_wal_senders: number(-20),
      max_prepared_transactions: number(-16),
      max_locks_per_transaction: number(-12),
    },
  }
}

/** In `checkPointCopy` (40) its `time`: up to 17 for sure. */
const checkpointTimeAt = 40 + 64

function plausible(date: Date): Date | null {
  return date.getTime() > Date.UTC(2015) && date.getTime() < Date.now() + 86_400_000 ? date : null
}

function anchorOf(bytes: Buffer): number | undefined {
  for (let at = 120; at + 96 <= Math.min(bytes.length, 512); at += 8)
    if (bytes.readDoubleLE(at) === 1234567) return at
  return undefined
}

/** The checksum is the last field, of all before it; what lies between came with 18. */
function isWhole(bytes: Buffer, anchor: number): boolean {
  for (let at = anchor + 72; at <= anchor + 96; at += 4)
    if (bytes.readUInt32LE(at) === crc32c(bytes.subarray(0, at))) return true
  return false
}

function corrupt(): HarnessError {
  return new HarnessError(
    'backup-corrupt',
    'The base backup is damaged: global/pg_control is no control file, or its checksum is wrong.',
    {
      hint: 'Copy the backup again in binary mode, or take a new one.',
    },
  )
}
