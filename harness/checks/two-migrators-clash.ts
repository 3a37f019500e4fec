import type { CatalogDifference } from '../catalog/catalog.ts'
import type { Finding } from '../rehearsal.ts'
import { byObject, happened } from './catalog-words.ts'
import type { Check } from './check.ts'

export interface TwoMigratorsFacts {
  readonly pending: readonly string[]
  readonly migrators: readonly {
    /** Why it did not end well; null when it did. */
    readonly problem: string | null
    /** Migrations whose up it called. */
    readonly ran: readonly string[]
  }[]
  /** From what one migrator alone makes. */
  readonly differences: readonly CatalogDifference[]
  /** Tables with another number of rows than one migrator alone makes. */
  readonly otherRows: readonly string[]
}

/** Finds migrators that do not get along: one fails, a migration runs twice or not at all, or the outcome differs. */
export const twoMigratorsClash: Check<TwoMigratorsFacts> = {
  id: 'two-migrators-clash',
  description: 'Two migrators that start at once do not end as one alone.',
  judge: ({ pending, migrators, differences, otherRows }) => {
    const problems = migrators.flatMap(({ problem }) => (problem === null ? [] : [problem]))
    const counts = pending.map((name) => ({
      name,
      times: migrators.flatMap(({ ran }) => ran).filter((it) => it === name).length,
    }))
    return [
      ...problems.map((problem) =>
        clash('migrations', `One of two migrators that started at once failed: ${problem}`),
      ),
      ...counts
        .filter(({ times }) => times !== 1)
        .map(({ name, times }) =>
          clash(
            name,
            `Two migrators that started at once ran the migration ${times === 0 ? 'not at all' : `${times} times`}.`,
          ),
        ),
      ...byObject(differences.filter(({ severity }) => severity === 'error')).map((group) =>
        clash(
          group[0]?.name ?? '',
          `After two migrators at once, ${group[0]?.kind} ${group[0]?.name} ${happened(group)}, unlike after one.`,
        ),
      ),
      ...otherRows.map((table) =>
        clash(table, `After two migrators at once, ${table} holds another number of rows than after one.`),
      ),
    ]
  },
}

function clash(subject: string, message: string): Finding {
  return {
    id: 'two-migrators-clash',
    severity: 'error',
    subject,
    message,
    remedy:
      "Let one process migrate, or keep the Migrator's lock: do not turn it off, and do not work around it.",
  }
}
