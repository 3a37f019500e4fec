import { describeLocale } from '../postgres/database-locale.ts'
import type { Inspection } from '../inspect.ts'
import { bytes, count } from './text.ts'

/** An inspection for people: a line each, lists in full. */
export function renderInspection(inspection: Inspection): string {
  const { format, formatVersion, compression, locale, pendingMigrations, pendingUnknown, appliedMigrations } =
    inspection
  const version = formatVersion === null ? '' : ` ${formatVersion}`
  const unsaid = inspection.physical === null ? 'the backup does not say' : 'known once it is started'
  const lists: typeof listed = (...list) => (inspection.physical === null ? listed(...list) : unsaid)
  const lines: readonly (readonly [label: string, value: string | null])[] = [
    ['backup', inspection.path],
    ['format', `${format}${version}, ${compression === 'none' ? 'not compressed' : compression}`],
    ['size', bytes(inspection.bytes)],
    ['SHA-256', inspection.sha256],
    ['created', inspection.createdAt ?? unsaid],
    ['server', inspection.serverVersion ?? unsaid],
    ['tools', inspection.dumpVersion ?? unsaid],
    ...physicalLines(inspection),
    ['database', inspection.database ?? unsaid],
    ['encoding', inspection.encoding ?? unsaid],
    ['locale', locale === null ? unsaid : describeLocale(locale)],
    ['tables', lists(inspection.tables, 'table with data', 'tables with data')],
    ['roles', lists(inspection.roles)],
    ['extensions', lists(inspection.extensions)],
    ['tablespaces', listed(inspection.tablespaces)],
    ['publications', lists(inspection.publications)],
    ['subscriptions', lists(inspection.subscriptions)],
    ['foreign servers', lists(inspection.foreignServers)],
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

/** A base backup says what no dump does, and the other way round. */
function physicalLines({ physical, systemIdentifier }: Inspection): readonly (readonly [string, string])[] {
  if (physical === null) return []
  const manifest = physical.manifest === 'verified' ? 'every file is as it says' : 'missing'
  return [
    ['system', systemIdentifier ?? 'unknown'],
    ['manifest', manifest],
  ]
}
