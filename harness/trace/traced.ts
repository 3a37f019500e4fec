import type { Direction } from '../rehearsal.ts'
import { byMigration, type MigrationWindow } from './by-migration.ts'
import type { Footprint } from './footprint.ts'
import type { LockMode } from '../postgres/lock-mode.ts'
import { serverLogOf, type ServerLog } from './server-log.ts'
import type { Statement } from './statement.ts'

/** One operation of the Migrator as the tap saw it. */
export interface TracedRun {
  readonly statements: readonly Statement[]
  readonly windows: readonly (MigrationWindow & {
    readonly migration: string
    readonly direction: Direction
  })[]
  /** Whether a statement within a window is the migrator's own all the same. */
  readonly isBookkeeping?: ((sql: string) => boolean) | undefined
}

export interface TracedLock {
  /** `schema.name` as other sessions know it, before the migrations. */
  readonly relation: string
  /** pg_class.relkind. */
  readonly kind: string
  readonly mode: LockMode
  /** From the statement's beginning to the end of what held it; null when it was not seen to end. */
  readonly heldMs: number | null
}

/** A round of statements (mostly one) of a migration, with what it did and how long that lasted. */
export interface TracedStatement
  extends Omit<Footprint, 'statements' | 'locks' | 'released' | 'transaction'>, ServerLog {
  readonly migration: string
  readonly direction: Direction
  readonly text: string
  readonly tags: readonly string[]
  /** SQLSTATE and 1-based character of the error that it ended in. */
  readonly error: { readonly code: string; readonly position: number | null } | null
  /** Epoch milliseconds, in the run that `timing` names. */
  readonly startedAt: number
  readonly durationMs: number
  /** `exact`: of the run that nothing disturbed; `observed`: of the run that was slowed down by looking. */
  readonly timing: 'exact' | 'observed'
  /** Statements of one transaction have the same number; null for one that failed. */
  readonly transaction: number | null
  readonly locks: readonly TracedLock[]
}

/**
 * Brings together what the observed run did and how long the same statements took in the exact run: by
 * migration, direction, text and occurrence. Statements outside of migrations (the Migrator's own) are left out; those
 * that failed have their error and nothing else. Pure.
 */
export function traced(
  exact: TracedRun,
  observed: TracedRun,
  footprints: readonly Footprint[],
): TracedStatement[] {
  const labels = new Map([...labelled(observed)].map((it) => [it.statement, it]))
  const timed = new Map([...labelled(exact)].map((it) => [it.key, it.statement]))
  const timeOf = (statement: Statement): Statement => timed.get(labels.get(statement)?.key ?? '') ?? statement
  const ends = { exact: transactionEnds(exact.statements), observed: transactionEnds(observed.statements) }

  const worked = footprints.flatMap((footprint): TracedStatement[] => {
    const [first] = footprint.statements
    const label = first && labels.get(first)
    if (label === undefined) return []
    const { statements, locks, released: _, ...facts } = footprint
    const times = statements.map(timeOf)
    const timing = times.some((it, index) => it === statements[index]) ? 'observed' : 'exact'
    const [startedAt, endedAt] = spanOf(timing === 'exact' ? times : statements)
    const last = (timing === 'exact' ? times : statements).at(-1)
    const transactionEnd = last === undefined ? null : ends[timing](last)
    const heldMs = (oid: number, mode: LockMode): number | null => {
      const until = releaseOf(footprints, footprint, oid, mode)
      const at =
        until === undefined
          ? transactionEnd
          : spanOf(until.statements.map(timing === 'exact' ? timeOf : same))[1]
      return at === null ? null : Math.max(0, at - startedAt)
    }
    return [
      {
        ...facts,
        ...label.of,
        text: label.statement.text,
        tags: statements.flatMap(({ tag }) => tag ?? []),
        error: null,
        ...serverLogOf(statements),
        startedAt,
        durationMs: endedAt - startedAt,
        timing,
        locks: locks.map(({ relation, mode }) => ({
          relation: relation.name,
          kind: relation.kind,
          mode,
          heldMs: heldMs(relation.oid, mode),
        })),
      },
    ]
  })
  return [...worked, ...failures(exact)]
}

interface Labelled {
  readonly statement: Statement
  readonly of: { readonly migration: string; readonly direction: Direction }
  readonly key: string
}

function* labelled({ statements, windows, isBookkeeping }: TracedRun): Generator<Labelled> {
  const seen = new Map<string, number>()
  for (const [index, ofWindow] of byMigration(statements, windows, isBookkeeping).entries()) {
    const window = windows[index]
    if (window === undefined) continue
    const { migration, direction } = window
    for (const statement of ofWindow) {
      const key = [direction, migration, statement.part, statement.text].join('\n')
      seen.set(key, (seen.get(key) ?? 0) + 1)
      yield { statement, of: { migration, direction }, key: `${key}\n${seen.get(key)}` }
    }
  }
}

function failures(exact: TracedRun): TracedStatement[] {
  return [...labelled(exact)].flatMap(({ statement, of }) =>
    statement.error === null
      ? []
      : [
          {
            ...nothing,
            ...of,
            text: statement.text,
            error: { code: statement.error.code, position: statement.error.position },
            startedAt: statement.startedAt,
            durationMs: statement.durationMs,
          },
        ],
  )
}

const nothing = {
  tags: [],
  seen: 'inside',
  timing: 'exact',
  transaction: null,
  locks: [],
  rewritten: [],
  rebuilt: [],
  built: [],
  scans: [],
  writes: [],
  dropped: [],
  renamed: [],
  columnsGone: [],
  growth: [],
  tempBytes: 0,
  lockWaitMs: 0,
  walBytes: 0,
  hasLockTimeout: true,
} as const

const same = (statement: Statement): Statement => statement

const endOf = ({ startedAt, durationMs }: Statement): number => startedAt + durationMs

const spanOf = (statements: readonly Statement[]): [number, number] => [
  Math.min(...statements.map(({ startedAt }) => startedAt)),
  Math.max(...statements.map(endOf)),
]

/** The later round of the same transaction that gave the lock back: the rollback of a savepoint. */
function releaseOf(
  footprints: readonly Footprint[],
  taken: Footprint,
  oid: number,
  mode: LockMode,
): Footprint | undefined {
  return footprints
    .slice(footprints.indexOf(taken) + 1)
    .find(
      ({ transaction, released }) =>
        transaction === taken.transaction && released.some((lock) => lock.oid === oid && lock.mode === mode),
    )
}

/** When the transaction in which a statement ran was over: with the first one that left its session idle. */
function transactionEnds(statements: readonly Statement[]): (statement: Statement) => number | null {
  const last = statements.filter(({ transaction }) => transaction === 'idle')
  const byConnection = Map.groupBy(last, ({ connection }) => connection)
  return (statement) => {
    const end = byConnection.get(statement.connection)?.find((it) => endOf(it) >= endOf(statement))
    return end === undefined ? null : endOf(end)
  }
}
