import { lockModes } from '../postgres/lock-mode.ts'
import type { StatementFacts } from '../rehearsal.ts'

/** A table that is to be probed, before it was looked at. */
export interface Choice {
  /** `schema.table`. */
  readonly name: string
  readonly why: 'locked' | 'large'
}

export interface Choices {
  readonly chosen: readonly Choice[]
  /** Locked tables for which there was no room. */
  readonly left: readonly string[]
}

/**
 * The tables whose clients may feel the migrations: those that are locked in a mode that stops reads, writes or the
 * writing of the same row, strongest mode and longest held first, and behind them the largest ones. Pure.
 */
export function chooseTables(
  statements: readonly StatementFacts[],
  tables: readonly { readonly name: string; readonly bytes: number }[],
  room: { readonly tables: number; readonly large: number },
): Choices {
  const bytes = new Map(tables.map((table) => [table.name, table.bytes]))
  const strength = new Map<string, readonly [number, number]>()
  for (const { relation, mode, heldMs } of statements.flatMap(({ locks }) => locks)) {
    const found = [modes.indexOf(mode), heldMs ?? Infinity] as const
    const known = strength.get(relation) ?? [-1, 0]
    if (found[0] > known[0] || (found[0] === known[0] && found[1] > known[1])) strength.set(relation, found)
  }
  const locked = [...strength]
    .filter(([, [mode]]) => mode >= 0)
    .toSorted(([a, one], [b, other]) => compare(one, other) || (bytes.get(b) ?? 0) - (bytes.get(a) ?? 0))
    .map(([name]) => name)
  const chosen = locked.slice(0, Math.max(0, room.tables))
  const large = tables
    .filter(({ name }) => !strength.has(name))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, Math.max(0, Math.min(room.large, room.tables - chosen.length)))
  return {
    chosen: [
      ...chosen.map((name) => ({ name, why: 'locked' as const })),
      ...large.map(({ name }) => ({ name, why: 'large' as const })),
    ],
    left: locked.slice(chosen.length),
  }
}

/** Stronger and longer first. */
function compare(one: readonly [number, number], other: readonly [number, number]): number {
  if (one[0] !== other[0]) return other[0] - one[0]
  return one[1] === other[1] ? 0 : other[1] - one[1]
}

/** From the weakest that writes rows; weaker ones stop neither reads nor writes. */
const modes: readonly string[] = lockModes.slice(lockModes.indexOf('ROW EXCLUSIVE'))
