import type { Snapshot } from '../snapshots/store.ts'
import { bytes, count } from './text.ts'

/** The stored snapshots as a table, in the order given. */
export function renderSnapshots(snapshots: readonly Snapshot[], now: Date): string {
  if (snapshots.length === 0) return 'No snapshot is stored.\n'
  const header = ['key', 'made', 'last used', 'size', 'clones', 'server', 'backup']
  const rows = snapshots.map(({ key, frozen, clones, lastUsedAt, record }) => [
    key.slice(0, 8),
    `${age(new Date(record.madeAt), now)} ago`,
    `${age(lastUsedAt, now)} ago`,
    bytes(frozen.bytes),
    String(clones),
    `${record.server} ${record.serverVersion}`,
    record.backup.path,
  ])
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const all = snapshots.reduce((sum, { frozen }) => sum + frozen.bytes, 0)
  return `${[header, ...rows].map(line).join('\n')}\n${count(snapshots.length, 'snapshot')}, ${bytes(all)}\n`
}

/** `3 min`, `5 h`, `12 d`. */
function age(then: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - then.getTime()) / 60_000))
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`
}
