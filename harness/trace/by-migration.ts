import { ownStatementPrefix } from '../postgres/own-statement.ts'
import type { Statement } from './statement.ts'

/** From when to when one migration's function ran, epoch milliseconds; null when it never ended. */
export interface MigrationWindow {
  readonly startedAt: number
  readonly endedAt: number | null
}

/**
 * For each window the statements that began in it, in order, on any connection; the harness's own are left
 * out, and so are those outside of all windows (the migrator's bookkeeping, queries begun too late) and what
 * `isBookkeeping` knows. A window that never ended lasts until the next one begins. Windows are in order of start and do not overlap.
 */
export function byMigration<Traced extends Pick<Statement, 'text' | 'startedAt'>>(
  statements: readonly Traced[],
  windows: readonly MigrationWindow[],
  isBookkeeping: (sql: string) => boolean = () => false,
): Traced[][] {
  const theirs = statements.filter(({ text }) => !text.startsWith(ownStatementPrefix) && !isBookkeeping(text))
  return windows.map(({ startedAt, endedAt }, index) => {
    const until = endedAt ?? windows[index + 1]?.startedAt ?? Infinity
    return theirs.filter((statement) => statement.startedAt >= startedAt && statement.startedAt <= until)
  })
}
