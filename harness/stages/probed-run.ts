import { setTimeout as pause } from 'node:timers/promises'
import type { Connection } from '../postgres/connection.ts'
import type { Timeline } from '../probes/culprit.ts'
import type { Prober } from '../probes/prober.ts'
import type { Targets } from '../probes/targets.ts'
import type { Direction, Finding, StatementFacts } from '../rehearsal.ts'
import { duration } from '../reports/text.ts'
import type { Progress } from '../stage.ts'
import type { Statement } from '../trace/statement.ts'
import type { Given } from './given.ts'
import type { Migrated } from './migrate.ts'
import type { RolledBack } from './rollback.ts'
import { traceMigrator, type MigratorTrace } from './trace-migrator.ts'

/** One run of the Migrator while clients were there. */
export interface Attempt {
  readonly direction: Direction
  readonly heldMs: number | null
  readonly trace: MigratorTrace
}

export interface ProbedRun {
  readonly attempts: readonly Attempt[]
  /** Where it went another way than the rehearsed run. */
  readonly findings: readonly Finding[]
}

interface Probing {
  readonly given: Given
  readonly connection: Connection
  readonly prober: Prober
  readonly targets: Targets
  readonly migrated: Migrated
  readonly rolledBack: RolledBack
}

/**
 * Migrates and rolls back as rehearsed, in production's transactions, while probes run; with `hold` behind a long
 * reader. Where the migration's own lock_timeout ends a run behind it, the run is repeated without the reader, as
 * the next attempt of a deployment is.
 */
export async function runUnderProbes(probing: Probing, progress: Progress): Promise<ProbedRun> {
  const { migrated, rolledBack } = probing
  progress('probing before the migrations')
  await pause(quietMs)
  const ups = await attempts(probing, { operation: 'up', steps: 0 }, progress)
  const findings = different(migrated.trace, ups, 'up')
  if (rolledBack.trace?.outcome.ended !== 'done' || ups.at(-1)?.trace.outcome.error !== null) {
    return { attempts: ups, findings }
  }
  await pause(betweenMs)
  const downs = await attempts(probing, { operation: 'down', steps: migrated.applied.length }, progress)
  await pause(betweenMs)
  return {
    attempts: [...ups, ...downs],
    findings: [...findings, ...different(rolledBack.trace, downs, 'down')],
  }
}

/** The Migrator's program takes about as long again to load, and probing goes on meanwhile. */
const quietMs = 400
const betweenMs = 200

async function attempts(
  probing: Probing,
  request: { readonly operation: Direction; readonly steps: number },
  progress: Progress,
): Promise<Attempt[]> {
  const first = await attempt(probing, request, probing.given.plan.holdMs ?? null, progress)
  if (first.heldMs === null || !gaveUp(first.trace)) return [first]
  progress('a lock_timeout struck; trying again without the reader')
  return [first, await attempt(probing, request, null, progress)]
}

async function attempt(
  { given, connection, prober, targets }: Probing,
  request: { readonly operation: Direction; readonly steps: number },
  heldMs: number | null,
  progress: Progress,
): Promise<Attempt> {
  if (heldMs !== null) {
    await prober.hold(targets.targets.filter(({ why }) => why === 'locked').map(({ readSql }) => readSql))
  }
  // Its time counts from the migrator's first statement; its locks are there before.
  let isWaiting = heldMs !== null
  const onBeforeStatement = (): 'pass' => {
    if (isWaiting) prober.release(heldMs ?? 0)
    isWaiting = false
    return 'pass'
  }
  const options = heldMs === null ? {} : { onBeforeStatement }
  const trace = await traceMigrator(given, request, connection, progress, options)
  if (heldMs !== null) prober.release(0)
  return { direction: request.operation, heldMs, trace }
}

function gaveUp({ outcome, statements }: MigratorTrace): boolean {
  const last = statements.findLast(({ error }) => error !== null && error.code !== transactionAborted)
  return outcome.error !== null && last?.error?.code === lockNotAvailable
}

const lockNotAvailable = '55P03'

/** What every statement gets that follows a failed one in its transaction. */
const transactionAborted = '25P02'

function different(rehearsed: MigratorTrace, attempted: readonly Attempt[], direction: Direction): Finding[] {
  const [first] = attempted
  const last = attempted.at(-1)
  if (first === undefined || last === undefined) return []
  const subject = direction === 'up' ? 'migrations' : 'rollback'
  const struck: Finding[] = attempted.length === 1 ? [] : [lockTimeoutStruck(first, last, subject)]
  const { error } = last.trace.outcome
  if ((error === null) === (rehearsed.outcome.error === null)) return struck
  return [
    ...struck,
    {
      id: 'probes-not-run',
      severity: 'unverified',
      subject,
      message: `Among clients it went another way than rehearsed: ${error?.message ?? 'it succeeded, unlike the rehearsed run'}. What clients would feel is not known.`,
      remedy: last.trace.statements.some((it) => it.error?.code === '40P01')
        ? 'Lock tables in the order in which the app does, one in a transaction: clients and migration waited for each other.'
        : 'Run the rehearsal again; if it stays, the migrations depend on being alone.',
      evidence: { direction },
    },
  ]
}

/** The one way to fail that is right: the migration did not make its clients wait for longer than it said. */
function lockTimeoutStruck(first: Attempt, last: Attempt, subject: string): Finding {
  const waits = first.trace.statements.filter(({ error }) => error?.code === lockNotAvailable)
  const longestMs = Math.max(0, ...waits.map(({ durationMs }) => durationMs))
  const again = last.trace.outcome.error === null ? 'succeeded' : 'failed'
  return {
    id: 'lock-timeout-struck',
    severity: 'notice',
    subject,
    message: `Behind a reader of ${duration(first.heldMs ?? 0)} it gave up after its own lock_timeout (${duration(longestMs)}), which is not a defect: clients wait no longer than that. Run again without the reader it ${again}.`,
    remedy: 'Have the deployment try again, some times and with pauses.',
    evidence: {
      direction: first.direction,
      ...(waits[0] !== undefined && { statement: { text: waits[0].text } }),
    },
  }
}

/** What the probes' samples are laid over. Pure. */
export function timelineOf(attempted: readonly Attempt[], locks: readonly StatementFacts[]): Timeline {
  const runs = attempted.flatMap(({ direction, heldMs, trace }) => {
    // A migrator that is not observed has statements and no migrations.
    const from = trace.outcome.runs[0]?.startedAt ?? trace.statements[0]?.startedAt
    const ends = trace.statements.map(endOf)
    return from === undefined ? [] : [{ direction, heldMs, from, until: Math.max(from, ...ends), trace }]
  })
  return {
    runs: runs.map(({ direction, heldMs, from, until }) => ({ direction, heldMs, from, until })),
    windows: runs.flatMap(({ trace, until }) =>
      trace.outcome.runs.map(({ migration, direction, startedAt }, index) => ({
        migration,
        direction,
        from: startedAt,
        until: trace.outcome.runs[index + 1]?.startedAt ?? until,
      })),
    ),
    statements: runs.flatMap(({ trace }) =>
      trace.statements.map((statement) => ({
        text: statement.text,
        from: statement.startedAt,
        until: endOf(statement),
        heldUntil: transactionEnd(trace.statements, statement),
      })),
    ),
    locks,
  }
}

const endOf = ({ startedAt, durationMs }: Statement): number => startedAt + durationMs

function transactionEnd(statements: readonly Statement[], statement: Statement): number | null {
  const last = statements.find(
    (it) =>
      it.connection === statement.connection && it.transaction === 'idle' && endOf(it) >= endOf(statement),
  )
  return last === undefined ? null : endOf(last)
}
