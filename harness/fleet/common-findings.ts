import type { Severity } from '../rehearsal.ts'
import type { FleetFinding, FleetResult } from './fleet.ts'

/** The same finding in one or more databases. */
export interface CommonFinding {
  readonly id: string
  readonly severity: Severity
  /** What it is about; null where each database has another. */
  readonly migration: string | null
  /** Names, in the order of the fleet. */
  readonly databases: readonly string[]
  /** As the first of them has it. */
  readonly message: string
}

const severityOrder: readonly Severity[] = ['error', 'unverified', 'warning', 'notice']

/** Findings by id and migration, the worst first, then those that the most databases have. */
export function commonFindings(results: readonly FleetResult[]): CommonFinding[] {
  const groups = new Map<string, { first: FleetFinding; databases: Set<string> }>()
  for (const { name, findings } of results) {
    for (const finding of findings) {
      const key = JSON.stringify([finding.id, finding.severity, finding.migration])
      const group = groups.get(key) ?? { first: finding, databases: new Set() }
      group.databases.add(name)
      groups.set(key, group)
    }
  }
  return [...groups.values()]
    .map(({ first: { id, severity, migration, message }, databases }) => ({
      id,
      severity,
      migration,
      databases: [...databases],
      message,
    }))
    .toSorted(
      (one, other) =>
        severityOrder.indexOf(one.severity) - severityOrder.indexOf(other.severity) ||
        other.databases.length - one.databases.length,
    )
}
