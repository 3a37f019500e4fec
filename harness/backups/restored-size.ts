import type { BackupFacts } from './backup-format.ts'

/** What a server takes before anything is loaded: its own databases and the first file of its log. */
const emptyBytes = 48e6

/** Bytes that a server takes with the restored data and its indexes: hardly less than `least`, seldom more than `likely`. */
export interface RestoredSize {
  readonly least: number
  readonly likely: number
}

/** What is known before it is restored. The ratios are those of `bench:restored-size`. */
export function restoredSize({
  bytes,
  compression,
  manifest,
  physical,
}: Pick<BackupFacts, 'bytes' | 'compression' | 'manifest' | 'physical'>): RestoredSize {
  const isCompressed = compression !== 'none'
  // A cluster's own files, whose empty pages compress well.
  if (physical !== null) return { least: bytes, likely: isCompressed ? bytes * 5 : bytes }
  // A value that Postgres compresses by itself is as long in a dump as it was before, and a binary one twice as long.
  const least = emptyBytes + (isCompressed ? bytes : bytes * 0.3)
  const source = manifest?.database.bytes ?? bytes * (isCompressed ? 10 : 3)
  return { least, likely: Math.max(least, emptyBytes + source) }
}
