import type { DataDifference } from '../catalog/data-difference.ts'
import type { Severity } from '../rehearsal.ts'
import { isAllowed } from './allowed-changes.ts'

/** What the checks of data judge. */
export interface DataFacts {
  readonly differences: readonly DataDifference[]
  /** The plan's `allowedDataChanges`. */
  readonly allowed: readonly string[]
}

/** `schema.table` or `schema.table.column`. */
export function subjectOf({ table, column }: DataDifference): string {
  return column === null ? table : `${table}.${column}`
}

/**
 * `severity`, or `notice` where the change is allowed, and for a materialized view, whose rows follow from
 * other tables'.
 */
export function severityOf(
  difference: DataDifference,
  allowed: readonly string[],
  severity: Severity,
): Severity {
  return isDerived(difference) || isAllowed(allowed, difference) ? 'notice' : severity
}

/** What happened, such as `public.orders.total: 312 rows changed, e.g. id=5`. */
export function sentenceOf(difference: DataDifference, allowed: readonly string[]): string {
  const remarks = [
    difference.samples.length > 0 ? `, e.g. ${difference.samples.join('; ')}` : '',
    difference.sampled ? ' (estimated from a sample)' : '',
    isDerived(difference) ? ' (a materialized view)' : isAllowed(allowed, difference) ? ' (allowed)' : '',
  ]
  return `${subjectOf(difference)}: ${happened(difference)}${remarks.join('')}`
}

/** How to allow what is not allowed yet. */
export function remedyOf(difference: DataDifference, allowed: readonly string[]): { remedy?: string } {
  if (severityOf(difference, allowed, 'error') === 'notice') return {}
  return { remedy: `If this is meant, allow it: add ${subjectOf(difference)} to allowedDataChanges.` }
}

function isDerived({ relation }: DataDifference): boolean {
  return relation === 'materialized view'
}

function happened({ kind, rows, column, nonNullLost }: DataDifference): string {
  if (kind === 'rows-lost') return `${counted(rows, 'row')} lost`
  if (kind === 'rows-added') return `${counted(rows, 'row')} added`
  if (kind === 'table-dropped') return `table dropped with ${counted(rows, 'row')}`
  if (kind === 'column-dropped') {
    return `column dropped with ${counted(nonNullLost ?? 0, 'value')} in ${counted(rows, 'row')}`
  }
  if (kind === 'column-retyped')
    return `${counted(rows, 'row')} changed: the new type cannot hold the old value`
  return column === null
    ? `${counted(rows, 'row')} changed: values moved between rows`
    : `${counted(rows, 'row')} changed`
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
