import type { OwnSession } from '../trace/injection.ts'
import type { Statement } from '../trace/statement.ts'
import type { TapOptions } from '../trace/tap.ts'
import type { Fault } from './fault.ts'

/** A fault put into the way of one run of the migrator. */
export interface Placement {
  readonly options: Pick<TapOptions, 'onBeforeStatement' | 'rounds'>
  /** The statement at which it struck; undefined: it never did, as the run went another way or was too fast for it. */
  struck(): Statement | undefined
}

export type Kill = (backendPid: number) => Promise<void>

/** Makes the tap strike once, at the fault's statement, when that is the one that was there in the run before. */
export function place(fault: Fault, kill: Kill): Placement {
  let sent = -1
  let target: Statement | undefined
  let before: Statement | undefined
  let struck: Statement | undefined
  const onBeforeStatement = (statement: Statement) => {
    if (target !== undefined) return 'pass'
    sent += 1
    if (sent === fault.index - 1) before = statement
    if (sent !== fault.index || statement.text !== fault.text) return 'pass'
    target = statement
    if (fault.kind !== 'connection-cut') return 'pass'
    struck = statement
    return 'cut'
  }
  if (fault.kind === 'connection-cut') {
    return { options: { onBeforeStatement }, struck: () => struck }
  }
  const rounds = {
    before: async (session: OwnSession, sql: string | null) => {
      // A statement with parameters is announced before it is executed.
      const isNext = target === undefined && sent === fault.index - 1 && sql === fault.text
      if (fault.kind === 'timeout' && (isNext || target?.outcome === 'running')) {
        await session.query(`set statement_timeout = '${timeoutMs(fault)}ms'`)
      }
    },
    after: async (session: OwnSession, statements: readonly Statement[]) => {
      if (
        fault.kind === 'error' &&
        before !== undefined &&
        statements.includes(before) &&
        struck === undefined
      ) {
        struck = before
        await session.query(fail).catch(() => {})
      }
      if (target === undefined || !statements.includes(target) || struck !== undefined) return
      if (fault.kind === 'reply-lost') {
        struck = target
        session.cut()
      } else if (fault.kind === 'server-killed') {
        struck = target
        await kill(session.backendPid)
      } else if (fault.kind === 'timeout') {
        if (target.error?.code === queryCanceled) struck = target
        await session.query('reset statement_timeout')
      }
    },
  }
  return { options: { onBeforeStatement, rounds }, struck: () => struck }
}

const queryCanceled = '57014'

/** Half-way, as what a statement leaves shows only once it has begun; of a long one the first second will do. */
const timeoutMs = ({ durationMs }: Fault): number => Math.round(Math.min(Math.max(1, durationMs / 2), 1_000))

/** What a transaction looks like to the migrator after any error: every further statement of it is refused. */
export const fail = `do $$ begin raise exception 'pg-rehearsal: canceling statement due to statement timeout'
  using errcode = '${queryCanceled}'; end $$`
