import type { Finding, Rehearsal, Severity, Verdict } from '../rehearsal.ts'

/** How each verdict is called in front of people. */
export const verdictTitles: Record<Verdict, string> = {
  passed: 'PASSED',
  failed: 'FAILED',
  'could-not-verify': 'COULD NOT VERIFY',
}

const severityOrder: readonly Severity[] = ['error', 'unverified', 'warning', 'notice']

/** The findings, worst first, otherwise in the order they were made. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity))
}

/** `340 ms`, `3.4 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `812 B`, `4.6 MB`, in powers of 1,000. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const value = count / 1_000 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}

/** `1 row`, `2,000 rows`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? singular : plural}`
}

/** The facts of a rehearsal's input, a line each: backup, engine, what was pending. */
export function inputLines({ backup, engine, pending, tables }: Rehearsal): string[] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return [
    ...(backup === null
      ? []
      : [
          `backup ${backup.path} (${backup.format}, ${bytes(backup.bytes)}, Postgres ${backup.serverVersion ?? 'unknown'})` +
            (tables.length === 0 ? '' : `: ${count(tables.length, 'table')}, ${count(rows, 'row')}`),
        ]),
    ...(engine === null ? [] : [`engine ${engine.name}, Postgres ${engine.serverVersion}: ${engine.reason}`]),
    ...(pending === null ? [] : [`pending ${pending.length === 0 ? 'nothing' : pending.join(', ')}`]),
  ]
}
