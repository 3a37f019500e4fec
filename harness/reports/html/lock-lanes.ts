import type { StatementFacts } from '../../rehearsal.ts'
import { duration } from '../text.ts'
import type { Bar, Fill, Lane } from './lanes.ts'

/** The three kinds of lock that a client can tell apart, strongest first. */
export const lockLegend: readonly (readonly [Fill, string])[] = [
  ['lock-all', 'ACCESS EXCLUSIVE: neither reads nor writes'],
  ['lock-writes', 'SHARE, SHARE ROW EXCLUSIVE, EXCLUSIVE: no writes'],
  ['lock-some', 'weaker: only DDL waits'],
]

interface Held extends Bar {
  readonly relation: string
  readonly mode: string
  readonly seenToEnd: boolean
}

/**
 * A lane for each relation with a bar for each lock on it, the relations that stood still longest first. A lock whose
 * end was not seen is drawn to `endMs`.
 */
export function lockLanes(statements: readonly StatementFacts[], endMs: number): Lane[] {
  const held = statements.flatMap(({ startedMs = 0, locks }) =>
    locks.map(({ relation, mode, heldMs }): Held => ({
      relation,
      mode,
      fill: fillOf(mode),
      startMs: startedMs,
      endMs: heldMs === null ? Math.max(endMs, startedMs) : startedMs + heldMs,
      seenToEnd: heldMs !== null,
    })),
  )
  return [...Map.groupBy(held, ({ relation }) => relation)]
    .toSorted(([, one], [, other]) => weight(other) - weight(one))
    .map(([name, its]) => laneOf(name, its))
}

function laneOf(name: string, its: readonly Held[]): Lane {
  const modes = Map.groupBy(its.toSorted(byStrength), ({ mode }) => mode)
  const [strongest] = modes.values()
  return {
    name,
    note: noteOf([...modes]),
    // The strongest last, as it is drawn over the others.
    bars: [...modes.values()].toReversed().flatMap(joined),
    took: strongest === undefined ? '' : duration(Math.max(...strongest.map(lasting))),
  }
}

/** The modes that stop clients; the others only where there is none of these. */
function noteOf(modes: readonly (readonly [string, readonly Held[]])[]): string {
  const telling = modes.filter(([mode]) => order.includes(mode))
  const shown = telling.length > 0 ? telling : modes
  return shown.map(([mode, bars]) => `${mode} ${heldText(bars)}`).join(', ')
}

/** Of several bars the longest. */
function heldText(bars: readonly Held[]): string {
  const longestMs = Math.max(...bars.map(lasting))
  const times = bars.length === 1 ? '' : `, ${bars.length} times`
  return `${duration(longestMs)}${times}${bars.every(({ seenToEnd }) => seenToEnd) ? '' : ', end not seen'}`
}

/** Bars of one mode that touch become one: what counts is when the relation was held. */
function joined(bars: readonly Held[]): Bar[] {
  const whole: { startMs: number; endMs: number; fill: Fill }[] = []
  for (const { startMs, endMs, fill } of bars.toSorted((one, other) => one.startMs - other.startMs)) {
    const last = whole.at(-1)
    if (last !== undefined && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs)
    else whole.push({ startMs, endMs, fill })
  }
  return whole
}

const lasting = ({ startMs, endMs }: Bar): number => endMs - startMs

const order = ['ACCESS EXCLUSIVE', 'EXCLUSIVE', 'SHARE ROW EXCLUSIVE', 'SHARE']

function fillOf(mode: string): Fill {
  const rank = order.indexOf(mode)
  if (rank < 0) return 'lock-some'
  return rank === 0 ? 'lock-all' : 'lock-writes'
}

const rankOf = (mode: string): number => (order.includes(mode) ? order.indexOf(mode) : order.length)

const byStrength = (one: Held, other: Held): number => rankOf(one.mode) - rankOf(other.mode)

/** Longer counts only among relations whose strongest locks are of one kind. */
function weight(its: readonly Held[]): number {
  const rank = Math.min(...its.map(({ mode }) => rankOf(mode)))
  const longestMs = Math.max(...its.filter(({ mode }) => rankOf(mode) === rank).map(lasting))
  return (order.length - rank) * 1e9 + Math.min(longestMs, 1e9)
}
