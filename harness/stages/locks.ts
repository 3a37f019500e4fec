import { squawkAdvice } from '../advice/squawk.ts'
import type { Clones } from '../clones/clones.ts'
import { judgeHazards } from '../hazards/judge.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Finding, StatementFacts } from '../rehearsal.ts'
import { count, duration } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { observeFootprints, type FootprintObserver } from '../trace/footprints.ts'
import type { Teardown } from '../teardown.ts'
import { tellServerLog } from '../trace/server-log.ts'
import { traced, type TracedRun, type TracedStatement } from '../trace/traced.ts'
import type { Given } from './given.ts'
import type { Migrated } from './migrate.ts'
import type { RolledBack } from './rollback.ts'
import { statementFacts } from './statement-facts.ts'
import { traceMigrator, type MigratorTrace } from './trace-migrator.ts'

/** The migrations and their rollback as they were rehearsed. */
interface Exact {
  readonly migrated: Migrated
  readonly rolledBack: RolledBack
}

/** The migrations and their rollback once more, looked at. */
interface Observed {
  /** Undefined where it was not tried: what stalled or ended the process would do so again, and was reported. */
  readonly up: MigratorTrace | undefined
  readonly down: MigratorTrace | undefined
  readonly footprints: FootprintObserver['footprints']
  readonly serverTells: boolean
}

/** An observation that goes on beside other stages. */
export interface Observing {
  /** Settles once the copy is there, for which nobody may be connected to the pristine one. */
  readonly copied: Promise<unknown>
  readonly observed: Promise<Observed>
}

/**
 * Migrates and rolls back once more, on a copy of its own, and looks after every statement at what it holds,
 * rewrites and reads. Looking slows migrations down, so durations come from the run that was not looked at, and this
 * one may go on beside what is not timed.
 */
export function observeStatements(given: Given, clones: Clones, exact: Exact, teardown: Teardown): Observing {
  const ended = new AbortController()
  const signal = AbortSignal.any([given.signal, ended.signal])
  const opening = clones.open({ purpose: 'locks' })
  const observed = opening.then(async (clone) => {
    try {
      return await observe({ ...given, signal }, clone.connection, exact)
    } finally {
      await clone.close()
    }
  })
  // Whoever waits for it hears of it; until then nobody may be listening.
  const settled = observed.catch(() => {})
  teardown.defer('the second run of the migrations', async () => {
    ended.abort(new Error('The rehearsal has ended.'))
    await settled
  })
  return { copied: opening.catch(() => {}), observed }
}

async function observe(
  given: Given,
  connection: Connection,
  { migrated, rolledBack }: Exact,
): Promise<Observed> {
  const serverTells = await tellServerLog(connection)
  const observer = await observeFootprints(connection)
  try {
    const look = (request: Parameters<typeof traceMigrator>[1]) =>
      traceMigrator(given, request, connection, () => {}, { rounds: observer.rounds })
    const up = canRepeat(migrated.trace) ? await look({ operation: 'up', steps: 0 }) : undefined
    const down =
      up?.outcome.error === null && rolledBack.trace !== null && canRepeat(rolledBack.trace)
        ? await look({ operation: 'down', steps: migrated.applied.length })
        : undefined
    return { up, down, footprints: observer.footprints, serverTells }
  } finally {
    await observer.close()
  }
}

/** Judges what was observed. */
export async function locks(
  given: Given,
  { observed }: Observing,
  { migrated, rolledBack }: Exact,
  progress: Progress,
): Promise<StageOutput<readonly StatementFacts[]>> {
  progress('looking at every statement, on a copy')
  const { up, down, footprints, serverTells } = await observed
  const ups = compared(migrated.trace, up, footprints, 'up')
  const downs = compared(rolledBack.trace, down, footprints, 'down')
  const statements = [...ups, ...downs]
  return {
    facts: statementFacts(statements, given.beganAt, serverTells),
    findings: [
      ...[ups, downs].flatMap((trace) => judgeHazards(trace, given.plan.hazards, new Date())),
      ...different(migrated.trace, up, 'up'),
      ...different(rolledBack.trace, down, 'down'),
      ...(await squawkAdvice(statements, { cwd: given.plan.cwd, scratch: given.run.directory })),
    ],
    summary: summaryOf(statements),
  }
}

const canRepeat = ({ outcome }: MigratorTrace): boolean => outcome.ended === 'done'

function compared(
  exact: MigratorTrace | null,
  observed: MigratorTrace | undefined,
  footprints: FootprintObserver['footprints'],
  direction: 'up' | 'down',
): TracedStatement[] {
  if (exact === null) return []
  const nothing = { statements: [], windows: [] }
  const all = traced(runOf(exact), observed === undefined ? nothing : runOf(observed), footprints)
  return all.filter((statement) => statement.direction === direction)
}

const runOf = ({ statements, outcome, command }: MigratorTrace): TracedRun => ({
  statements,
  windows: outcome.runs,
  isBookkeeping: command?.isBookkeeping,
})

/** Facts of a run that went another way than the rehearsed one, or was not seen whole, verify nothing. */
function different(
  exact: MigratorTrace | null,
  observed: MigratorTrace | undefined,
  direction: 'up' | 'down',
): Finding[] {
  if (exact === null || observed === undefined) return []
  const problem =
    (exact.outcome.error === null) === (observed.outcome.error === null)
      ? observed.failedInspections[0]
      : (observed.outcome.error?.message ?? 'it succeeded, unlike the rehearsed run')
  if (problem === undefined) return []
  return [
    {
      id: 'locks-not-observed',
      severity: 'unverified',
      subject: direction === 'up' ? 'migrations' : 'rollback',
      message: `Locks were not observed as rehearsed: ${problem instanceof Error ? problem.message : String(problem)}`,
      remedy:
        'Run the rehearsal again; if it stays, the migrations depend on time, chance or what another run left.',
      evidence: { direction },
    },
  ]
}

function summaryOf(statements: readonly TracedStatement[]): string {
  const held = statements.flatMap((it) =>
    it.locks.filter(({ mode }) => mode === 'ACCESS EXCLUSIVE').map(({ heldMs }) => heldMs ?? 0),
  )
  const rewrites = statements.flatMap(({ rewritten }) => rewritten).length
  return [
    `${count(statements.length, 'statement')} observed`,
    held.length === 0
      ? 'no ACCESS EXCLUSIVE lock'
      : `ACCESS EXCLUSIVE for ${duration(Math.max(...held))} at most`,
    count(rewrites, 'rewrite'),
  ].join(', ')
}
