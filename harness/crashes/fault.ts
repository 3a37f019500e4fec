import { ownStatementPrefix } from '../postgres/own-statement.ts'
import type { Statement } from '../trace/statement.ts'

/** How a run of the migrator is made to die. */
export const faultKinds = {
  'connection-cut': 'the connection is lost before the server receives the statement',
  'reply-lost': 'the server has done the statement, and the connection is lost before its answer',
  error: 'the transaction fails before the statement, as by a timeout or a full disk',
  timeout: 'statement_timeout ends the statement, which runs outside of a transaction',
  'server-killed': 'SIGKILL ends the server once the statement is done and before the migrator hears of it',
} as const

export type FaultKind = keyof typeof faultKinds

/** One death: at which statement of the run, counted from 0 in the order in which statements were sent. */
export interface Fault {
  readonly kind: FaultKind
  readonly index: number
  readonly text: string
  /** The statement was sent within a transaction block. */
  readonly inTransaction: boolean
  /** How long the statement took undisturbed. */
  readonly durationMs: number
}

/** A statement that was sent, and whether a transaction block was open on its connection then. */
interface Point extends Omit<Fault, 'kind'> {
  readonly begins: boolean
  readonly ends: boolean
}

export interface Faults {
  /** In the order of statements. */
  readonly chosen: readonly Fault[]
  /** How many there would be without the limit. */
  readonly possible: number
}

/**
 * The deaths to try on a run that sent these statements: its connection cut at every boundary; the answer lost
 * where the statement ends a transaction or stands by itself; a statement by itself ended by a timeout; an error
 * inside each transaction; the server killed behind what commits, and inside transactions. Above `limit` those
 * at the edges of transactions and outside of them are kept, and of the others some, evenly.
 */
export function planFaults(statements: readonly Statement[], limit: number): Faults {
  const points = pointsOf(statements)
  const all = points.flatMap((point) => faultsAt(point, points))
  if (all.length <= limit) return { chosen: all, possible: all.length }
  const isEdge = ({ kind, inTransaction }: Fault) => kind !== 'connection-cut' || !inTransaction
  const edges = evenly(all.filter(isEdge), limit)
  const inner = evenly(
    all.filter((fault) => !isEdge(fault)),
    limit - edges.length,
  )
  const kept = new Set([...edges, ...inner])
  return { chosen: all.filter((fault) => kept.has(fault)), possible: all.length }
}

/** Statements that are sent one by one; the harness's own only count, as they will be sent again. */
function pointsOf(statements: readonly Statement[]): Point[] {
  const open = new Map<number, boolean>()
  const sent = statements.filter(({ part }) => part === 1)
  return sent.flatMap(({ connection, text, transaction, durationMs }, index) => {
    const inTransaction = open.get(connection) ?? false
    const after = transaction === 'in-transaction' || transaction === 'failed'
    open.set(connection, after)
    if (text.startsWith(ownStatementPrefix)) return []
    return [
      {
        index,
        text,
        inTransaction,
        begins: !inTransaction && after,
        ends: inTransaction && !after,
        durationMs,
      },
    ]
  })
}

function faultsAt(point: Point, points: readonly Point[]): Fault[] {
  const { index, text, inTransaction, begins, ends, durationMs } = point
  const isAlone = !inTransaction && !begins
  const kinds: FaultKind[] = ['connection-cut']
  if (ends || (isAlone && writes(text))) kinds.push('reply-lost')
  if (isAlone && writes(text)) kinds.push('timeout')
  if (ends || (isAlone && writes(text))) kinds.push('server-killed')
  if (inTransaction && writes(text) && isLongestOfBlock(point, points)) kinds.push('error', 'server-killed')
  return kinds.map((kind) => ({ kind, index, text, inTransaction, durationMs }))
}

/** The longest statement of a transaction: where an error or a crash is likeliest to strike. */
function isLongestOfBlock(point: Point, points: readonly Point[]): boolean {
  const from = points.findLastIndex((it) => it.begins && it.index < point.index)
  const until = points.findIndex((it) => it.ends && it.index > point.index)
  const block = points.slice(from + 1, until < 0 ? undefined : until).filter(({ text }) => writes(text))
  return block.every(
    (it) =>
      it === point ||
      it.durationMs < point.durationMs ||
      (it.durationMs === point.durationMs && it.index > point.index),
  )
}

function writes(text: string): boolean {
  return !/^\s*(select|show|set|begin|start|commit|rollback|end|savepoint|release|values|table)\b/i.test(text)
}

function evenly<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: Math.max(0, count) }, (_, at) => {
    const place = count === 1 ? 0 : Math.round((at * (items.length - 1)) / (count - 1))
    return items[place]
  }).filter((item) => item !== undefined)
}
