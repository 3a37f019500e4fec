import type { StatementFacts } from '../rehearsal.ts'

/** The migrations' run under probes, as it is needed to say what a client waited for. Times are epoch milliseconds. */
export interface Timeline {
  readonly runs: readonly {
    readonly direction: 'up' | 'down'
    readonly from: number
    readonly until: number
    readonly heldMs: number | null
  }[]
  /** In order; each lasts until the next one begins, the last one until its run ends. */
  readonly windows: readonly {
    readonly migration: string
    readonly direction: 'up' | 'down'
    readonly from: number
    readonly until: number
  }[]
  /** `heldUntil`: when its transaction, and so its locks, ended; null when that was not seen. */
  readonly statements: readonly {
    readonly text: string
    readonly from: number
    readonly until: number
    readonly heldUntil: number | null
  }[]
  /** What each statement locks, from the run that was looked at. */
  readonly locks: readonly Pick<StatementFacts, 'migration' | 'direction' | 'text' | 'locks'>[]
}

export interface Culprit {
  readonly migration: string | null
  readonly direction: 'up' | 'down' | null
  readonly statement: string | null
}

/** In which migration something happened. Pure. */
export function migrationAt(at: number, { windows }: Timeline): Omit<Culprit, 'statement'> {
  // A probe sent just before the window may be the first to wait for its lock.
  const window =
    windows.find(({ from, until }) => from <= at && at <= until) ??
    windows.find(({ from }) => at < from && from - at < justBeforeMs)
  return { migration: window?.migration ?? null, direction: window?.direction ?? null }
}

/** The last migration before `at` that locked the table as no reader can, else the last one begun by then. Pure. */
export function lastChangeBefore(at: number, table: string, timeline: Timeline): Omit<Culprit, 'statement'> {
  const begun = timeline.statements.filter(({ from }) => from <= at + justBeforeMs)
  const changing = begun.findLast((it) => locks(it, { table, modes: ['ACCESS EXCLUSIVE'] }, timeline))
  const window = timeline.windows.findLast(({ from }) => from <= at + justBeforeMs)
  if (changing !== undefined) return migrationAt(changing.from, timeline)
  return { migration: window?.migration ?? null, direction: window?.direction ?? null }
}

/**
 * What made a client wait: the first statement that took a lock on this table that stops its kind and kept it until
 * the wait was over, else the one that ran when the wait began. A lock on the whole table goes before one on rows. Pure.
 */
export function culpritOf(
  { table, kind, from, until }: { table: string; kind: 'reads' | 'writes'; from: number; until: number },
  timeline: Timeline,
): Culprit {
  const begun = timeline.statements.filter((it) => it.from <= from + justBeforeMs && it.from < until)
  const kept = begun.filter((it) => it.heldUntil === null || it.heldUntil >= until - justBeforeMs)
  const locking = (modes: readonly string[]) => kept.find((it) => locks(it, { table, modes }, timeline))
  const holder =
    kind === 'reads' ? locking(['ACCESS EXCLUSIVE']) : (locking(stopsWrites) ?? locking(['ROW EXCLUSIVE']))
  const statement = holder ?? begun.findLast((it) => it.until >= from)
  const at = statement === undefined ? from : statement.from
  return { ...migrationAt(at, timeline), statement: statement?.text.trim().slice(0, 300) ?? null }
}

/** Also what came first to wait for a lock: those behind it wait from there on. */
const justBeforeMs = 30

const stopsWrites: readonly string[] = ['SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE']

function locks(
  { text, from }: Timeline['statements'][number],
  { table, modes }: { table: string; modes: readonly string[] },
  timeline: Timeline,
): boolean {
  const { migration, direction } = migrationAt(from, timeline)
  return timeline.locks.some(
    (facts) =>
      facts.migration === migration &&
      facts.direction === direction &&
      facts.text === text.slice(0, facts.text.length) &&
      facts.locks.some((lock) => lock.relation === table && modes.includes(lock.mode)),
  )
}
