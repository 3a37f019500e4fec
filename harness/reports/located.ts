import { createHash } from 'node:crypto'
import type { Finding, Rehearsal } from '../rehearsal.ts'

/** The migration a finding is about: what its evidence says, or its subject when that is one. */
export function migrationOf({ migrations, migrationFiles }: Rehearsal, finding: Finding): string | undefined {
  const { evidence, subject } = finding
  if (evidence?.migration !== undefined) return evidence.migration
  const known = [...migrationFiles, ...migrations].some(({ name }) => name === subject)
  return known ? subject : undefined
}

/** Path of the file that a finding is about, with `/`; undefined when it is about none that is known. */
export function fileOf(rehearsal: Rehearsal, finding: Finding): string | undefined {
  const migration = migrationOf(rehearsal, finding)
  return rehearsal.migrationFiles.find(({ name }) => name === migration)?.path
}

/**
 * A digest for each finding that stays the same from one rehearsal to the next while the problem does, so that
 * viewers can tell new ones from old: of id, subject, migration and direction, numbered where these repeat.
 */
export function fingerprints(findings: readonly Finding[]): string[] {
  const seen = new Map<string, number>()
  return findings.map(({ id, subject, evidence }) => {
    const key = JSON.stringify([id, subject, evidence?.migration ?? null, evidence?.direction ?? null])
    const number = (seen.get(key) ?? 0) + 1
    seen.set(key, number)
    return createHash('sha256').update(`${key}${number}`).digest('hex')
  })
}
