import type { Finding } from '../rehearsal.ts'

/** A hazard that the team has looked at and accepts for a while. */
export interface Waiver {
  /** The hazard's id. */
  readonly id: string
  /** The migration or `schema.table` it is about; undefined waives every one of that id. */
  readonly subject: string | undefined
  readonly reason: string
  /** ISO date; from the day after on it no longer holds. */
  readonly expires: string
}

/** The finding as a notice where a waiver holds; with a word about it where one has expired. */
export function waived(
  finding: Finding,
  relations: readonly string[],
  waivers: readonly Waiver[],
  today: Date,
): Finding {
  const about = new Set([finding.evidence?.migration, ...relations])
  const waiver = waivers.find(
    ({ id, subject }) => id === finding.id && (subject === undefined || about.has(subject)),
  )
  if (waiver === undefined) return finding
  if (today.toISOString().slice(0, 10) > waiver.expires) {
    return {
      ...finding,
      message: `${finding.message} (A waiver for it expired on ${waiver.expires}: ${waiver.reason})`,
    }
  }
  const message = `${finding.message} (Waived until ${waiver.expires}: ${waiver.reason})`
  return { ...finding, severity: 'notice', message }
}
