import type { Clone, Clones } from '../../clones/clones.ts'
import { HarnessError } from '../../errors.ts'
import type { Connection } from '../../postgres/connection.ts'
import type { MigratorSteps } from '../migrator-steps.ts'
import type { MigratorTrace } from '../trace-migrator.ts'

/** Makes copies and takes the app's Migrator to them. */
export interface LandingRequest {
  readonly clones: Clones
  readonly purpose: string
  readonly open: (connection: Connection) => Promise<MigratorSteps>
}

/** A copy on which the first so many pending migrations are applied. */
export interface Landing {
  readonly clone: Clone
  readonly steps: MigratorSteps
  close(): Promise<void>
}

/** A copy that has been taken up `level` steps, one at a time; see `expectSuccess`. */
export async function openLanding(
  { clones, purpose, open }: LandingRequest,
  level: number,
): Promise<Landing> {
  const clone = await clones.open({ purpose })
  let steps: MigratorSteps | undefined
  const close = async (): Promise<void> => {
    try {
      await steps?.close()
    } finally {
      await clone.close()
    }
  }
  try {
    steps = await open(clone.connection)
    if (level > 0) expectSuccess(await steps.perform({ operation: 'up', steps: level }))
    return { clone, steps, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Throws HarnessError `migrations-not-repeatable` when what succeeded on another copy did not on this one. */
export function expectSuccess({ outcome }: MigratorTrace): void {
  if (outcome.ended === 'done' && outcome.error === null) return
  throw new HarnessError(
    'migrations-not-repeatable',
    `Migrations that had been applied to one copy failed on another: ${outcome.error?.message ?? outcome.ended}`,
    { hint: 'Run it again; if it stays, the migrations depend on time, chance or what another run left.' },
  )
}

/** Whether the migration table has the migration after the operation. */
export function isApplied({ outcome }: MigratorTrace, migration: string): boolean | null {
  const found = outcome.listed.find(({ name }) => name === migration)
  return found === undefined ? null : found.executedAt !== null
}
