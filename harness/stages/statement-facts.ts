import { offsetMs } from '../clock.ts'
import type { StatementFacts } from '../rehearsal.ts'
import type { TracedStatement } from '../trace/traced.ts'

/**
 * What the rehearsal keeps of the trace: locks on tables and views, the beginning of each text, 1,000 statements;
 * when each began counts from `beganAt`, epoch milliseconds.
 */
export function statementFacts(
  statements: readonly TracedStatement[],
  beganAt: number,
  serverTells: boolean,
): StatementFacts[] {
  return statements.slice(0, statementsAtMost).map((statement) => ({
    migration: statement.migration,
    direction: statement.direction,
    text: statement.text.slice(0, charactersAtMost),
    startedMs: offsetMs(statement.startedAt, beganAt),
    durationMs: rounded(statement.durationMs),
    timing: statement.timing,
    locks: statement.locks
      .filter(({ kind }) => lockable.has(kind))
      .map(({ relation, mode, heldMs }) => ({
        relation,
        mode,
        heldMs: heldMs === null ? null : rounded(heldMs),
      })),
    rewrites: statement.rewritten.map(({ name }) => name),
    scans: statement.scans.map(({ relation, rows }) => ({ relation: relation.name, rows })),
    walBytes: statement.walBytes,
    growth: statement.growth,
    ...(serverTells ? { tempBytes: statement.tempBytes, lockWaitMs: rounded(statement.lockWaitMs) } : {}),
  }))
}

const statementsAtMost = 1_000
const charactersAtMost = 2_000

/** What clients name in their queries: tables, partitioned, foreign, views and materialized views. */
const lockable = new Set(['r', 'p', 'f', 'v', 'm'])

const rounded = (ms: number): number => Math.round(ms * 10) / 10
