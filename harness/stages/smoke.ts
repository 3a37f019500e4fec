import type { Connection } from '../postgres/connection.ts'
import type { Finding, SpecPass } from '../rehearsal.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { migratedName } from './provision.ts'
import type { Restored } from './restore.ts'
import { runSpecs } from './specs.ts'
import { traceMigrator } from './trace-migrator.ts'

/**
 * Runs the app's smoke specs on a copy of the migrated database, so that what they write does not mix with what rollback
 * is measured by. A large database is not copied: a clone of the restored one is migrated once more.
 */
export async function smoke(
  given: Given,
  restored: Restored,
  files: readonly string[],
  progress: Progress,
): Promise<StageOutput<SpecPass | null>> {
  progress('copying the migrated database')
  const copy = restored.copiesWithin
    ? await copyWithin(given, restored)
    : await migrateAgain(given, restored, progress)
  try {
    if (copy.problem !== undefined) return notRun(copy.problem)
    progress('running the specs')
    const { pass, findings } = await runSpecs(given, {
      connection: copy.connection,
      files,
      phase: 'migrated',
    })
    return { facts: pass, findings, summary: describe(pass) }
  } finally {
    await copy.close()
  }
}

interface MigratedCopy {
  readonly connection: Connection
  /** Why it is not what the rehearsed database is. */
  readonly problem?: string | undefined
  close(): Promise<void>
}

async function copyWithin({ plan }: Given, { server, database }: Restored): Promise<MigratedCopy> {
  const copy = migratedName(database)
  await server.cloneDatabase(database, copy)
  const close = async () => {
    if (!plan.keep) await server.dropDatabase(copy)
  }
  return { connection: server.connection(copy), close }
}

async function migrateAgain(given: Given, { clones }: Restored, progress: Progress): Promise<MigratedCopy> {
  const { connection, close } = await clones.open({ purpose: 'smoke' })
  try {
    const { outcome } = await traceMigrator(given, { operation: 'up', steps: 0 }, connection, progress)
    const problem = outcome.error?.message ?? (outcome.ended === 'done' ? undefined : `it ${outcome.ended}`)
    return { connection, problem, close }
  } catch (error) {
    await close()
    throw error
  }
}

function notRun(problem: string): StageOutput<null> {
  const finding: Finding = {
    id: 'specs-not-run',
    severity: 'unverified',
    subject: 'specs',
    message: `The specs did not run, as migrating a second copy for them failed where the first succeeded: ${problem}`,
    remedy:
      'Run the rehearsal again; if it stays, the migrations depend on time, chance or what another run left.',
  }
  return { facts: null, findings: [finding], summary: 'no spec ran, as their copy could not be migrated' }
}

/** `12 passed, 0 failed, 1 skipped`. */
export function describe(pass: SpecPass | null): string {
  if (pass === null) return 'no spec ran, as the app did not start'
  return `${pass.passed} passed, ${pass.failed} failed, ${pass.pending} skipped`
}
