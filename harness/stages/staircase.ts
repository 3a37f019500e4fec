import { availableParallelism } from 'node:os'
import { checks } from '../checks/index.ts'
import type { StepFacts } from '../checks/step-facts.ts'
import type { Clones } from '../clones/clones.ts'
import { HarnessError } from '../errors.ts'
import { migratorFindings } from '../migrator/findings.ts'
import type { Finding, StaircaseStep } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Given } from './given.ts'
import type { Migrated } from './migrate.ts'
import { missingDown } from './missing-down.ts'
import { openSteps } from './migrator-steps.ts'
import type { Prepared } from './preflight.ts'
import type { RolledBack } from './rollback.ts'
import { climb, type ClimbRequest, type Step } from './staircase/climb.ts'
import { refusedStatements, type MigratorTrace } from './trace-migrator.ts'

/** Takes every pending migration up, down and up again, one at a time, and compares what each leaves. */
export async function staircase(
  given: Given,
  clones: Clones,
  { listed }: Prepared,
  { before, migrated, rolledBack }: { before: Baseline; migrated: Migrated; rolledBack: RolledBack },
  progress: Progress,
): Promise<StageOutput<readonly StaircaseStep[]>> {
  const { pending } = migrated
  const withoutDown = new Set(listed.filter(({ hasDown }) => !hasDown).map(({ name }) => name))
  const { steps, findings } = await climbStairs({
    clones,
    purpose: 'staircase',
    open: (connection) => openSteps(given, connection, progress),
    pending,
    withoutDown,
    ignoreTables: before.ignoreTables,
    sampling: before.sampling,
    allowed: given.plan.allowedDataChanges,
    known: new Map(before.tables.map(({ name, rows, digest }) => [name, { rows, digest }])),
    parallelism: availableParallelism(),
  })
  const told = toldAlready(migrated, rolledBack)
  const faithful = steps.filter(({ verdict }) => verdict === 'faithful').length
  return {
    facts: steps,
    findings: findings.filter((finding) => !told.has(`${finding.id} ${finding.subject}`)),
    summary: `${faithful} of ${count(pending.length, 'migration')} come down and up again as they were`,
  }
}

/** The climb with its findings: a row and the findings of each migration, also of those that were not reached. */
export async function climbStairs(
  request: ClimbRequest,
): Promise<{ steps: StaircaseStep[]; findings: Finding[] }> {
  const steps: StaircaseStep[] = []
  const findings: Finding[] = []
  try {
    for await (const step of climb(request)) {
      const found = judge(step)
      findings.push(...found)
      steps.push(rowOf(step, found))
    }
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'migrations-not-repeatable') throw error
    findings.push(incomplete(request.pending[steps.length] ?? '', error))
  }
  const left = request.pending.slice(steps.length)
  const row = { verdict: 'not-reached', upMs: null, downMs: null, upAgainMs: null, differences: [] } as const
  return { steps: [...steps, ...left.map((migration) => ({ migration, ...row }))], findings }
}

function judge(step: Step): Finding[] {
  const { migration, up, down, again, failed, facts } = step
  const compared = facts === null ? [] : judgeFacts(facts)
  if (failed === 'up') return failures(up, 'up', migration, 'migration-failed')
  if (failed === 'up again') return [...compared, ...failures(again, 'up', migration, 'up-again-failed')]
  if (failed === 'down') return failures(down, 'down', migration, 'rollback-failed')
  return down === null ? [missingDown(migration)] : compared
}

function judgeFacts(facts: StepFacts): Finding[] {
  return [
    checks['down-without-effect'],
    checks['down-beyond-up'],
    checks['down-catalog-drift'],
    checks['down-data-drift'],
    checks['up-again-drift'],
  ].flatMap((check) => check.judge(facts))
}

/** What the migrator said of its failure; never nothing. */
function failures(
  trace: MigratorTrace | null,
  direction: 'up' | 'down',
  migration: string,
  id: string,
): Finding[] {
  const said =
    trace === null
      ? []
      : migratorFindings(trace.outcome, direction, refusedStatements(trace.statements)).map((finding) =>
          ['migration-failed', 'rollback-failed'].includes(finding.id) ? { ...finding, id } : finding,
        )
  if (said.some(({ severity }) => severity === 'error')) return said
  return [
    ...said,
    {
      id,
      severity: 'error',
      subject: migration,
      message: `${direction} reported no error, yet the migration table says that it did not happen.`,
      remedy: 'Look at what the Migrator is told about the order of migrations and about transactions.',
      evidence: { migration, direction },
    },
  ]
}

function rowOf(
  { migration, up, down, again, failed, facts }: Step,
  findings: readonly Finding[],
): StaircaseStep {
  const isWrong = findings.some(({ severity }) => severity === 'error')
  const verdict =
    failed !== null ? 'failed' : down === null ? 'missing-down' : isWrong ? 'unfaithful' : 'faithful'
  const compared = facts === null ? [] : findings.map(({ message }) => message)
  return {
    migration,
    verdict,
    upMs: spent(up, migration),
    downMs: spent(down, migration),
    upAgainMs: spent(again, migration),
    differences: compared,
  }
}

function spent(trace: MigratorTrace | null, migration: string): number | null {
  return trace?.runs.find(({ name }) => name === migration)?.durationMs ?? null
}

/** Findings that the run as in production has made already. */
function toldAlready(migrated: Migrated, rolledBack: RolledBack): Set<string> {
  const failed = [...migrated.runs, ...rolledBack.runs].filter(({ status }) => status === 'error')
  return new Set([
    ...migrated.pending.map((name) => `missing-down ${name}`),
    ...failed.map(({ name, direction }) =>
      direction === 'up' ? `migration-failed ${name}` : `rollback-failed ${name}`,
    ),
  ])
}

function incomplete(migration: string, { message, hint }: HarnessError): Finding {
  return {
    id: 'staircase-incomplete',
    severity: 'unverified',
    subject: migration,
    message: `The staircase ended at this migration. ${message}`,
    remedy: hint,
  }
}
