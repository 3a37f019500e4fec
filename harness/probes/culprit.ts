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
  readonly statements: readonly { readonly text: string; readonly from: number; readonly until: number }[]
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

/**
 * What made a client wait: the last statement begun before the wait that locks this table in a mode that stops its
 * kind, else the one that ran when the wait began. Pure.
 */
export function culpritOf(
  { table, kind, from, until }: { table: string; kind: 'reads' | 'writes'; from: number; until: number },
  timeline: Timeline,
): Culprit {
  const modes = kind === 'reads' ? stopsReads : stopsWrites
  const begun = timeline.statements.filter((it) => it.from <= from + justBeforeMs && it.from < until)
  const locking = begun.findLast((it) => {
    const { migration, direction } = migrationAt(it.from, timeline)
    return timeline.locks.some(
      (facts) =>
        facts.migration === migration &&
        facts.direction === direction &&
        facts.text === it.text.slice(0, facts.text.length) &&
        facts.locks.some((lock) => lock.relation === table && modes.includes(lock.mode)),
    )
  })
  const statement = locking ?? begun.findLast((it) => it.until >= from)
  const at = statement === undefined ? from : statement.from
  return { ...migrationAt(at, timeline), statement: statement?.text.trim().slice(0, 300) ?? null }
}

const justBeforeMs = 30

const stopsReads: readonly string[] = ['ACCESS EXCLUSIVE']

/** ROW EXCLUSIVE stops a write of the same row, until its transaction ends. */
const stopsWrites: readonly string[] = [
  'ROW EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
]
