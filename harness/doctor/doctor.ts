import { openBackup } from '../backups/index.ts'
import { loadPlan } from '../config.ts'
import { messageOf } from '../errors.ts'
import { originOf, origins } from '../origins/index.ts'
import type { Plan } from '../plan.ts'
import { openRun } from '../runs/open-run.ts'
import { migrationTable } from '../stages/prepare-backup.ts'
import type { RawSettings } from '../raw-settings.ts'
import { probes } from './index.ts'
import type { Examined, Observation } from './probe.ts'

export interface DoctorInput {
  readonly cwd: string
  readonly flags: RawSettings
  readonly configFile: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What one probe saw. */
export interface Examination {
  readonly probe: string
  readonly observations: readonly Observation[]
}

/**
 * Looks at everything that a rehearsal needs here, without starting, pulling or changing anything and without
 * connecting to any database. A probe that fails is a warning of its own.
 */
export async function examine(input: DoctorInput): Promise<Examination[]> {
  const examined = await examinedOf(input)
  const examinations: Examination[] = []
  for (const { name, run } of probes) {
    const observations = await run(examined).catch((error: unknown): Observation[] => [
      { status: 'warning', text: `could not be looked at: ${messageOf(error)}` },
    ])
    examinations.push({ probe: name, observations })
  }
  return examinations
}

async function examinedOf(input: DoctorInput): Promise<Examined> {
  const { cwd, environment } = input
  let plan: Plan
  try {
    plan = await loadPlan(input)
  } catch (error) {
    const none = { backup: undefined, backupProblem: undefined }
    return { cwd, environment, plan: undefined, planProblem: messageOf(error), ...none }
  }
  // To have it from elsewhere would be to start something.
  if (plan.source !== undefined || originOf(plan) !== origins.file)
    return { cwd, environment, plan, planProblem: undefined, backup: undefined, backupProblem: undefined }
  const run = await openRun()
  try {
    const { file, format } = await openBackup(plan.backup, run.directory)
    const backup = await format.describe(file, migrationTable(plan, undefined), plan.database)
    return { cwd, environment, plan, planProblem: undefined, backup, backupProblem: undefined }
  } catch (error) {
    const backupProblem = messageOf(error)
    return { cwd, environment, plan, planProblem: undefined, backup: undefined, backupProblem }
  } finally {
    await run.dispose()
  }
}
