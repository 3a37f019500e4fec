import type { SpecPass } from '../rehearsal.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { migratedName, type Provisioned } from './provision.ts'
import { runSpecs } from './specs.ts'

/**
 * Runs the app's smoke specs on a copy of the migrated database, so that what they write does not mix with
 * what rollback is measured by.
 */
export async function smoke(
  given: Given,
  { server, database }: Provisioned,
  files: readonly string[],
  progress: Progress,
): Promise<StageOutput<SpecPass | null>> {
  const copy = migratedName(database)
  progress('copying the migrated database')
  await server.cloneDatabase(database, copy)
  try {
    progress('running the specs')
    const { pass, findings } = await runSpecs(given, {
      connection: server.connection(copy),
      files,
      phase: 'migrated',
    })
    return { facts: pass, findings, summary: describe(pass) }
  } finally {
    if (!given.plan.keep) await server.dropDatabase(copy)
  }
}

/** `12 passed, 0 failed, 1 skipped`. */
export function describe(pass: SpecPass | null): string {
  if (pass === null) return 'no spec ran, as the app did not start'
  return `${pass.passed} passed, ${pass.failed} failed, ${pass.pending} skipped`
}
