import type { MigrationTable } from '../backups/backup-format.ts'
import type { Clone, Clones } from '../clones/clones.ts'
import { planFaults, type Fault } from '../crashes/fault.ts'
import { judgeCrashes } from '../crashes/judge.ts'
import { readState, volatileTables } from '../crashes/state.ts'
import { tryFault, withCopy, type Reference } from '../crashes/trial.ts'
import { byMigration } from '../trace/by-migration.ts'
import type { CrashFacts, Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Given } from './given.ts'
import { traceMigrator, type MigratorTrace } from './trace-migrator.ts'

/** Above so many bytes, data is not digested for every death. */
const digestedBytes = 2_000_000_000

export interface CrashRequest {
  readonly table: MigrationTable
  /** Migrating succeeded, so that there is something to compare with. */
  readonly complete: boolean
  readonly pending: readonly string[]
  /** Of all tables. */
  readonly bytes: number
}

/** What came of letting the migrator die. */
export interface Crashes {
  readonly crashes: readonly CrashFacts[]
  readonly limits: readonly string[]
}

/**
 * Lets the migrator die at every statement, each time on a copy of its own: what is left, does it run again, does
 * it end where it should, does rollback still work.
 */
export async function crashes(
  given: Given,
  clones: Clones,
  { table, complete, pending, bytes }: CrashRequest,
  progress: Progress,
): Promise<StageOutput<Crashes>> {
  const problem = complete ? undefined : 'migrating did not succeed in the first place'
  if (problem !== undefined || pending.length === 0) return nothingTried(problem)
  const record = { table: table.name, tableSchema: table.schema ?? null }
  const data = bytes <= digestedBytes
  return await withCopy(clones, false, async (start) =>
    withCopy(clones, false, async (end) => {
      progress('an undisturbed run')
      const before = {
        state: await readState(start.connection, record, { data }),
        connection: start.connection,
      }
      const first = await undisturbed(given, end)
      const after = { state: await readState(end.connection, record, { data }), connection: end.connection }
      const volatile = await withCopy(clones, false, async (other) => {
        await undisturbed(given, other)
        return volatileTables(after.state, await readState(other.connection, record, { data }))
      })
      const reference = { start: before, end: after, volatile, record, pending: pending.length, data }
      const { chosen, possible } = planFaults(first.statements, given.plan.crashLimit)
      const tried = await tryAll(given, clones, chosen, { reference, first, progress })
      return outputOf(tried, { possible, chosen: chosen.length, data, canKill: clones.canIsolate })
    }),
  )
}

async function undisturbed(given: Given, { connection }: Clone): Promise<MigratorTrace> {
  const trace = await traceMigrator(given, { operation: 'up', steps: 0 }, connection, () => {})
  if (trace.outcome.error !== null)
    throw new Error(`the migrations fail on a second copy: ${trace.outcome.error.message}`)
  return trace
}

interface Tried {
  readonly crashes: CrashFacts[]
  /** Faults that did not strike although they should have. */
  readonly missed: Fault[]
}

async function tryAll(
  given: Given,
  clones: Clones,
  faults: readonly Fault[],
  { reference, first, progress }: { reference: Reference; first: MigratorTrace; progress: Progress },
): Promise<Tried> {
  const results = new Map<Fault, CrashFacts | 'missed'>()
  const owners = migrationsOf(first)
  const queue = faults.filter(({ kind }) => kind !== 'server-killed' || clones.canIsolate)
  const all = queue.length
  const work = async () => {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      given.signal.throwIfAborted()
      progress(`${results.size + 1} of ${all}`)
      const current = fault
      const startedAt = performance.now()
      const attempt = async (fault: Fault) =>
        withCopy(clones, fault.kind === 'server-killed', async (clone) =>
          tryFault(given, clone, fault, reference),
        )
      const outcome =
        (await attempt(current)) ??
        (isTooLate(current) ? await attempt({ ...current, durationMs: 0 }) : undefined)
      const durationMs = Math.round(performance.now() - startedAt)
      results.set(
        current,
        outcome === undefined ? 'missed' : { ...factsOf(current, owners), ...outcome, durationMs },
      )
    }
  }
  const done = await Promise.allSettled(Array.from({ length: clones.parallelism }, work))
  for (const result of done) if (result.status === 'rejected') throw result.reason
  const inOrder = faults.flatMap((fault) => [[fault, results.get(fault)] as const])
  return {
    crashes: inOrder.flatMap(([, result]) => (result === undefined || result === 'missed' ? [] : [result])),
    // A statement that is done within the millisecond is not ended by a timeout in production either.
    missed: inOrder.flatMap(([fault, result]) =>
      result === 'missed' && fault.kind !== 'timeout' ? [fault] : [],
    ),
  }
}

/** A timeout half-way comes too late where a statement takes less than half as long as undisturbed. */
function isTooLate({ kind, durationMs }: Fault): boolean {
  return kind === 'timeout' && durationMs > 2
}

/** By place among the statements that are sent one by one, which migration sent it. */
function migrationsOf({ statements, outcome }: MigratorTrace): (string | null)[] {
  const sent = statements.filter(({ part }) => part === 1)
  const groups = byMigration(sent, outcome.runs)
  return sent.map(
    (statement) => outcome.runs[groups.findIndex((group) => group.includes(statement))]?.migration ?? null,
  )
}

function factsOf({ kind, index, text, inTransaction }: Fault, owners: readonly (string | null)[]) {
  return {
    migration: owners[index] ?? null,
    statement: index + 1,
    text: text.slice(0, 500),
    fault: kind,
    inTransaction,
  }
}

function outputOf(
  { crashes, missed }: Tried,
  { possible, chosen, data, canKill }: { possible: number; chosen: number; data: boolean; canKill: boolean },
): StageOutput<Crashes> {
  const bad = crashes.filter(
    ({ again, rollback }) =>
      again === 'failed' || again === 'differs' || rollback === 'failed' || rollback === 'differs',
  )
  const limits = [
    ...(chosen < possible
      ? [
          `Of ${possible} deaths of the migrator ${chosen} were tried, at the edges of transactions and evenly between (crashLimit).`,
        ]
      : []),
    ...(data
      ? []
      : [
          'After a death of the migrator catalogs were compared, and data was not, as there is too much of it.',
        ]),
    ...(canKill ? [] : ['The server was not killed under the migrator, as its copies share one server.']),
  ]
  return {
    facts: { crashes, limits },
    findings: [
      ...judgeCrashes(crashes),
      ...missed.slice(0, 1).map((fault) => notStruck(fault, missed.length)),
    ],
    summary: `${count(crashes.length, 'death')} tried: ${bad.length === 0 ? 'each can be recovered from by running the migrations again' : `${bad.length} cannot be recovered from`}`,
  }
}

function notStruck({ text }: Fault, missed: number): Finding {
  return {
    id: 'crash-not-tried',
    severity: 'unverified',
    subject: 'crashes',
    message: `${count(missed, 'death')} could not be brought about, as the migrations sent other statements than in the run before.`,
    remedy:
      'Migrations that depend on time or chance cannot be tried this way; leave `crashes` out, or make them deterministic.',
    evidence: { statement: { text } },
  }
}

function nothingTried(problem: string | undefined): StageOutput<Crashes> {
  const facts = { crashes: [], limits: [] }
  if (problem === undefined) return { facts, summary: 'nothing is pending, so nothing can die' }
  const finding: Finding = {
    id: 'crash-not-tried',
    severity: 'unverified',
    subject: 'crashes',
    message: `No death of the migrator was tried, as ${problem}.`,
    remedy: 'Make the migrations apply first.',
  }
  return { facts, findings: [finding], summary: 'not tried' }
}
