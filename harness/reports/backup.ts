import type { BackupResult } from '../backup.ts'
import { bytes, count, duration } from './text.ts'

/** What `rehearse backup` did, for people: a line each. */
export function renderBackup({ path, bytes: size, durationMs, uncounted, manifest }: BackupResult): string {
  const { server, database, tables, roles, extensions, pgDump, files } = manifest
  const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0)
  const isCounted = tables.length === 0 || tables.some((table) => table.rows !== null)
  const identifier = server.systemIdentifier === null ? '' : `, system ${server.systemIdentifier}`
  const position = server.walPosition === null ? '' : `, at ${server.walPosition}`
  const lines: readonly (readonly [label: string, value: string])[] = [
    ['backup', path],
    ['size', `${bytes(size)} in ${count(files.length, 'file')}, of ${bytes(database.bytes)}`],
    ['took', duration(durationMs)],
    ['server', `Postgres ${server.version}${server.isReplica ? ', a replica' : ''}${identifier}${position}`],
    ['database', `${database.name} (${database.encoding}, ${database.locale ?? database.collate})`],
    ['tools', `pg_dump ${pgDump.version} (${pgDump.from})`],
    ['tables', `${count(tables.length, 'table')}, ${isCounted ? count(rows, 'row') : 'rows not counted'}`],
    ['roles', String(roles.filter((statement) => statement.startsWith('CREATE ROLE ')).length)],
    ['extensions', extensions.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none'],
    ...uncounted.map((table): [string, string] => ['not counted', table]),
  ]
  return `${lines.map(([label, value]) => `${label.padEnd(16)}${value}`).join('\n')}\n`
}
