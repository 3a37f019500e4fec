import { HarnessError } from '../../errors.ts'
import type { BackupLabel } from './backup-label.ts'
import type { Manifest } from './manifest.ts'

/**
 * Makes sure that the WAL without which the files of a running server are worthless is there: the file that recovery
 * begins with, and all that the manifest names. Throws HarnessError `backup-without-wal`.
 */
export function checkWal(
  { walFile }: BackupLabel,
  manifest: Manifest | undefined,
  walFiles: ReadonlySet<string>,
  segmentBytes: number,
): void {
  const needed = new Set(walFile === null ? [] : [walFile])
  for (const { timeline, from, to } of manifest?.walRanges ?? []) {
    const last = (positionOf(to) - 1n) / BigInt(segmentBytes)
    for (let number = positionOf(from) / BigInt(segmentBytes); number <= last; number++)
      needed.add(nameOf(timeline, number, segmentBytes))
  }
  const missing = [...needed].filter((name) => !walFiles.has(name))
  if (missing.length === 0) return
  throw new HarnessError(
    'backup-without-wal',
    `The base backup is not complete without its WAL: pg_wal/${missing[0]} is not in it${missing.length > 1 ? `, nor ${missing.length - 1} more` : ''}.`,
    {
      hint: 'Take it with `pg_basebackup --wal-method=stream` (or fetch), and copy pg_wal.tar along with base.tar.',
    },
  )
}

function positionOf(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

function nameOf(timeline: number, segment: bigint, segmentBytes: number): string {
  const perLog = 0x1_0000_0000n / BigInt(segmentBytes)
  const parts = [BigInt(timeline), segment / perLog, segment % perLog]
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('')
}
