/** What `backup_label` says of when and how a base backup was begun. */
export interface BackupLabel {
  /** `2026-01-31 23:59:59` in this machine's local time when the label's zone is UTC, else as it stands there. */
  readonly startedAt: string | null
  /** The WAL file that recovery begins with. */
  readonly walFile: string | null
  /** Only what changed since another backup is in it (`pg_basebackup --incremental`). */
  readonly incremental: boolean
}

export function readBackupLabel(text: string, localTime: (date: Date) => string): BackupLabel {
  const [, day, time, zone] = /^START TIME: (\S+) (\S+) (\S+)$/m.exec(text) ?? []
  const isUniversal = zone !== undefined && /^(?:UTC|GMT|Etc\/UTC)$/.test(zone)
  const startedAt =
    day === undefined ? null : isUniversal ? localTime(new Date(`${day}T${time}Z`)) : `${day} ${time}`
  return {
    startedAt,
    walFile: /^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)/m.exec(text)?.[1] ?? null,
    incremental: /^INCREMENTAL FROM /m.test(text),
  }
}
