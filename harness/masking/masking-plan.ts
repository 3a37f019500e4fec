import { createHash } from 'node:crypto'
import type { Rule } from './rules/index.ts'

/** What to mask, as the config says it. */
export interface MaskingPlan {
  /** By column: `schema.table.column`, or `table.column` where one schema alone has the table. */
  readonly rules: Readonly<Record<string, Rule>>
  /** A column that looks personal and has no rule stops the rehearsal. */
  readonly required: boolean
  /** Nothing is masked and nothing looked for, as where only the backup is proved. */
  readonly off?: true
  /** Keys what is made up; undefined: another one in every run, so that runs cannot be joined. */
  readonly salt: string | undefined
}

/** Counted up when a ready rule comes to give other values. */
const revision = 1

/**
 * A digest of everything that a masked copy depends on, for the key of a snapshot; null when nothing is masked. Two
 * plans with the same one make copies masked alike; without a salt of the plan's own the values still differ.
 */
export function maskingKey({ rules, salt }: MaskingPlan): string | null {
  const entries = Object.entries(rules).toSorted(([one], [other]) => (one < other ? -1 : 1))
  if (entries.every(([, rule]) => rule === 'keep')) return null
  return createHash('sha256')
    .update(JSON.stringify([revision, salt ?? null, entries]))
    .digest('hex')
}
