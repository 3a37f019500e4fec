import type { Migration } from 'kysely/migration'
import * as rehearsals from './2026_11_23_001_rehearsals.ts'
import * as latestOfAProject from './2026_11_23_002_latest_of_a_project.ts'

/** The history database's own migrations, in order. A published one is never changed; add one by registering it here. */
export const migrations: Record<string, Migration> = {
  '2026_11_23_001_rehearsals': rehearsals,
  '2026_11_23_002_latest_of_a_project': latestOfAProject,
}
