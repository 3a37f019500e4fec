/** The table in which another migrator than Kysely's keeps what is applied. */
export interface MigratorRecord {
  /** As users call the migrator. */
  readonly title: string
  /** Its name as the migrator makes it by default. */
  readonly table: string
  /** Undefined: wherever the search path finds it. */
  readonly schema: string | undefined
  /** Further tables of the migrator's own. */
  readonly others: readonly string[]
  /** The expression that names a migration. */
  readonly name: string
  /** Which rows count as applied. */
  readonly applied: string
  /** What rows are ordered by, oldest first. */
  readonly order: string
  /** Whether the row of a migration is written before its statements or after them. */
  readonly written: 'before' | 'after'
}
