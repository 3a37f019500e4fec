import { describeLocale } from '../postgres/database-locale.ts'
import type { Inspection } from '../inspect.ts'
import { bytes, count } from './text.ts'

/** An inspection for people: a line each, lists in full. */
export function renderInspection(inspection: Inspection): string {
  const { format, formatVersion, compression, locale, pendingMigrations, pendingUnknown, appliedMigrations } =
    inspection
  const version = formatVersion === null ? '' : ` ${formatVersion}`
  const lines: readonly (readonly [label: string, value: string | null])[] = [
    ['backup', inspection.path],
    ['format', `${format}${version}, ${compression === 'none' ? 'not compressed' : compression}`],
    ['size', bytes(inspection.bytes)],
    ['SHA-256', inspection.sha256],
    ['created', inspection.createdAt ?? 'the backup does not say'],
    ['server', inspection.serverVersion ?? 'the backup does not say'],
    ['tools', inspection.dumpVersion ?? 'the backup does not say'],
    ['database', inspection.database ?? 'the backup does not say'],
    ['encoding', inspection.encoding ?? 'the backup does not say'],
    ['locale', locale === null ? 'the backup does not say' : describeLocale(locale)],
    ['tables', listed(inspection.tables, 'table with data', 'tables with data')],
    ['roles', listed(inspection.roles)],
    ['extensions', listed(inspection.extensions)],
    ['tablespaces', listed(inspection.tablespaces)],
    ['publications', listed(inspection.publications)],
    ['subscriptions', listed(inspection.subscriptions)],
    ['foreign servers', listed(inspection.foreignServers)],
    ['applied', appliedMigrations === null ? 'unknown' : count(appliedMigrations.length, 'migration')],
    ['pending', pendingMigrations === null ? `unknown: ${pendingUnknown}` : listed(pendingMigrations)],
  ]
  return `${lines.map(([label, value]) => `${label.padEnd(16)}${value}`).join('\n')}\n`
}

function listed(names: readonly string[], singular?: string, plural?: string): string {
  if (names.length === 0) return 'none'
  const head = singular === undefined ? '' : `${count(names.length, singular, plural)}: `
  return head + names.join(', ')
}
