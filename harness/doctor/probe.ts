import type { BackupFacts } from '../backups/backup-format.ts'
import type { Plan } from '../plan.ts'

/** Looks at one thing that a rehearsal needs. Starts, pulls and changes nothing, and connects to no database. */
export interface Probe {
  readonly name: string
  /** One line for the docs. */
  readonly description: string
  run(examined: Examined): Promise<Observation[]>
}

/** What every probe is given. */
export interface Examined {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Undefined when it is not valid, which is a problem of its own. */
  readonly plan: Plan | undefined
  readonly planProblem: string | undefined
  /** Undefined when there is no backup, or none that could be read. */
  readonly backup: BackupFacts | undefined
  readonly backupProblem: string | undefined
}

/** One line of the diagnosis. `problem`: a rehearsal as planned cannot succeed. */
export interface Observation {
  readonly status: 'ok' | 'warning' | 'problem'
  readonly text: string
  /** What to do about it. */
  readonly remedy?: string
}

/** The Postgres major that would be rehearsed on; undefined lets the engine take its default. */
export function wantedMajor({ plan, backup }: Examined): number | undefined {
  return plan?.postgres ?? backup?.serverMajor ?? undefined
}
