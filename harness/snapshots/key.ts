import { createHash } from 'node:crypto'

/** Raise it whenever a restore of the same backup comes to other data than before. */
const restoreVersion = 5

/** All that shapes the data of a snapshot. */
export interface SnapshotIngredients {
  /** The engine's own words for what it runs, `Freezing.identity`. */
  readonly engine: string
  /** What restores: `pg_restore 17.10`. */
  readonly tool: string
  /** Hex SHA-256 of the backup. */
  readonly backup: string
  /** Which of the backup's databases; undefined: the only one. */
  readonly database: string | undefined
  readonly encoding: string | null
  /** Its tables and indexes were checked for damage. */
  readonly amcheck: boolean
  /** Production's settings, which the server was put under. */
  readonly configuration: string | null
  /** Of the masking rules; null where nothing is masked. */
  readonly masking: string | null
  /** What looks personal and is not masked is an error: a copy made without that says nothing of it. */
  readonly requireMasking: boolean
}

/** The name of the snapshot that these make: 24 hex digits, equal when all of them are. */
export function snapshotKey(ingredients: SnapshotIngredients): string {
  const { engine, tool, backup, database, encoding, configuration, masking, requireMasking, amcheck } =
    ingredients
  const all = [
    restoreVersion,
    engine,
    tool,
    backup,
    database ?? null,
    encoding,
    configuration,
    masking,
    requireMasking,
    amcheck,
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 24)
}
