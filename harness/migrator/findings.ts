import type { Direction, Evidence, Finding } from '../rehearsal.ts'
import type { MigratorOutcome, ObservedRun } from './outcome.ts'

/** The statement that the server refused, for the caret. */
export interface FailedStatement {
  readonly text: string
  readonly position: number | null
  readonly code: string
  /** Epoch milliseconds. */
  readonly startedAt: number
}

/** What one run of the Migrator gives rise to. Pure: facts in, findings out. */
export function migratorFindings(
  outcome: MigratorOutcome,
  direction: Direction,
  failedStatements: readonly FailedStatement[],
): Finding[] {
  return [
    ...ending(outcome, direction, failedStatements),
    ...(outcome.loaded.observed ? [] : [unobserved()]),
    ...outcome.runs.flatMap((run) => [...committed(run), ...unawaited(run), ...settings(run, outcome)]),
  ]
}

function ending(
  outcome: MigratorOutcome,
  direction: Direction,
  failed: readonly FailedStatement[],
): Finding[] {
  const id = direction === 'up' ? 'migration-failed' : 'rollback-failed'
  const open = outcome.runs.findLast((run) => run.endedAt === null)
  const during = open?.migration ?? outcome.runs.at(-1)?.migration ?? 'the migrator'
  if (outcome.stall !== null) {
    const { message, remedy, details } = outcome.stall
    const evidence = { ...where(during, direction), details }
    return [{ id: 'migration-stalled', severity: 'error', subject: during, message, remedy, evidence }]
  }
  if (outcome.ended === 'exited') {
    const how = outcome.signal === null ? `exit code ${outcome.exitCode}` : outcome.signal
    return [
      {
        id,
        severity: 'error',
        subject: during,
        message: `The process that ran the migrations ended with ${how} in the middle of ${direction}.`,
        remedy: 'Look for process.exit or a crash in the migration; throw an error instead.',
        evidence: { ...where(during, direction), details: outcome.output.trim().split('\n').slice(-10) },
      },
    ]
  }
  return outcome.error === null ? [] : [failure(outcome, outcome.error, { id, direction, failed, during })]
}

function failure(
  outcome: MigratorOutcome,
  error: NonNullable<MigratorOutcome['error']>,
  context: { id: string; direction: Direction; failed: readonly FailedStatement[]; during: string },
): Finding {
  const { id, direction, failed, during } = context
  const subject = outcome.results.find((result) => result.status === 'error')?.name ?? during
  const run = outcome.runs.findLast((it) => it.migration === subject)
  const statement = failed.findLast(
    (it) => it.code === error.fields['code'] && (run === undefined || it.startedAt >= run.startedAt),
  )
  const uncaught = outcome.ended === 'failed' ? 'An error that nobody caught ended the migrator: ' : ''
  const { code, detail, hint, where: context_, output } = error.fields
  return {
    id,
    severity: 'error',
    subject,
    message: `${direction} failed: ${uncaught}${error.message}${code === undefined ? '' : ` (${code})`}`,
    ...(hint === undefined ? {} : { remedy: hint }),
    evidence: {
      ...where(subject, direction),
      ...(statement === undefined
        ? {}
        : {
            statement: {
              text: statement.text,
              ...(statement.position === null ? {} : { position: statement.position }),
            },
          }),
      details: [detail, context_, statement === undefined ? frame(error.stack) : undefined, output]
        .filter((line) => line !== undefined)
        .flatMap((text) => text.split('\n')),
    },
  }
}

/** The first line of the stack that lies in the team's own code. */
function frame(stack: string): string | undefined {
  return stack
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !/node_modules|node:|pg-rehearsal/.test(line))
    ?.trim()
}

function committed({ migration, direction, observation }: ObservedRun): Finding[] {
  if (observation?.committedInside !== true) return []
  return [
    {
      id: 'commit-inside-migration',
      severity: 'error',
      subject: migration,
      message: `${direction} ended the transaction that the migrator had opened around all pending migrations, so a later failure leaves half of them behind.`,
      remedy:
        'Take COMMIT (or ROLLBACK) out of the migration, or run it without transactions on purpose (disableTransactions).',
      evidence: where(migration, direction),
    },
  ]
}

function unawaited({ migration, direction, observation, late }: ObservedRun): Finding[] {
  const queries = [...(observation?.unawaited ?? []), ...late]
  if (queries.length === 0) return []
  const number = queries.length === 1 ? 'a query was' : `${queries.length} queries were`
  return [
    {
      id: 'unawaited-query',
      severity: 'error',
      subject: migration,
      message: `${direction} resolved while ${number} still running, so whether it is part of the migration is a matter of luck.`,
      remedy: 'Await every query of the migration, also those in Promise.all and in loops.',
      evidence: { ...where(migration, direction), details: queries.slice(0, 10) },
    },
  ]
}

function settings(
  { migration, direction, observation }: ObservedRun,
  { settingsKept }: MigratorOutcome,
): Finding[] {
  const isKept = (name: string): boolean => settingsKept.some((it) => it.name === name)
  // `set local lock_timeout` is what we advise; that it holds to the end of a batch protects those that follow as well.
  const left = (observation?.settingsLeft ?? []).filter(({ name }) => name !== 'lock_timeout' || isKept(name))
  if (left.length === 0) return []
  const kept = left.some(({ name }) => isKept(name))
  const scope = kept
    ? 'on the connection, also after the migrations'
    : 'until the transaction ends, for the migrations that follow'
  return [
    {
      id: 'session-setting-left',
      severity: 'warning',
      subject: migration,
      message: `${direction} left ${left.map((it) => `${it.name} = ${it.value || "''"}`).join(', ')} ${scope}.`,
      remedy:
        'Reset what the migration sets before it ends, or put the setting on the statement that needs it.',
      evidence: where(migration, direction),
    },
  ]
}

function unobserved(): Finding {
  return {
    id: 'migrations-unobserved',
    severity: 'unverified',
    subject: 'the migrator',
    message:
      "The app's own Migrator could not be watched from inside, so commits, unawaited queries and settings of single migrations were not checked.",
    remedy: 'Export a function that makes a new Migrator from a connection string each time it is called.',
  }
}

function where(migration: string, direction: Direction): Pick<Evidence, 'migration' | 'direction'> {
  return { migration, direction }
}
