import type { HeldLock, LockSample } from './locks.ts'
import type { Statement } from './statement.ts'

/** One lock from the statements that took it until it was given back. */
export interface LockSpan {
  readonly lock: HeldLock
  readonly backendPid: number
  /** One of these took it; more than one only when several were sent as one string or batch. */
  readonly takenBy: readonly Statement[]
  /** Epoch milliseconds; the lock was granted between these two. */
  readonly takenAfter: number
  readonly takenBefore: number
  /** When the client could know that it was gone, epoch milliseconds; null when it was not seen to go, its connection lost. */
  readonly heldUntil: number | null
}

/**
 * Follows each lock through the samples of its transaction: taken by the round of statements after which it
 * was first seen, given back by the statement after which the transaction was over, or by the round after
 * which it was not seen any more (an error, a savepoint's rollback). `statements` are all that the tap saw.
 */
export function lockSpans(samples: readonly LockSample[], statements: readonly Statement[]): LockSpan[] {
  const spans: LockSpan[] = []
  const open = new Map<number, { transaction: string; spans: Map<string, LockSpan> }>()
  const endOf = transactionEnds(statements)

  for (const { backendPid, transaction, statements: takenBy, locks } of samples) {
    const before = open.get(backendPid)
    // A transaction that an error has aborted has no name any more; whatever it held is gone.
    const goesOn = before?.transaction === transaction || transaction === ''
    const held = (goesOn ? before?.spans : undefined) ?? new Map<string, LockSpan>()
    const [takenAfter, takenBefore] = timeOf(takenBy)
    const seen = new Set(locks.map(keyOf))
    for (const [key, span] of held) {
      if (seen.has(key)) continue
      spans[spans.indexOf(span)] = { ...span, heldUntil: takenBefore }
      held.delete(key)
    }
    for (const lock of locks) {
      if (held.has(keyOf(lock))) continue
      const heldUntil = endOf(backendPid, takenBefore)
      const span = { lock, backendPid, takenBy, takenAfter, takenBefore, heldUntil }
      held.set(keyOf(lock), span)
      spans.push(span)
    }
    open.set(backendPid, { transaction: transaction || (before?.transaction ?? ''), spans: held })
  }
  return spans
}

const keyOf = ({ oid, mode }: HeldLock): string => `${oid} ${mode}`

const endedAt = ({ startedAt, durationMs }: Statement): number => startedAt + durationMs

function timeOf(statements: readonly Statement[]): [number, number] {
  return [Math.min(...statements.map(({ startedAt }) => startedAt)), Math.max(...statements.map(endedAt))]
}

/** When the transaction that the backend had open at `at` was over. */
function transactionEnds(
  statements: readonly Statement[],
): (backendPid: number, at: number) => number | null {
  const last = statements.filter(({ transaction }) => transaction === 'idle')
  const byBackend = Map.groupBy(last, ({ backendPid }) => backendPid)
  return (backendPid, at) => {
    const end = byBackend.get(backendPid)?.find((statement) => endedAt(statement) > at)
    return end === undefined ? null : endedAt(end)
  }
}
