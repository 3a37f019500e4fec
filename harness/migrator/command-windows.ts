import { isAbout } from './records/index.ts'
import type { MigratorRecord } from './records/record.ts'

/** As much of a statement on the wire as is asked for here. */
export interface SeenStatement {
  readonly text: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly durationMs: number
  readonly tag: string | null
}

export interface CommandWindow {
  readonly migration: string
  readonly startedAt: number
  readonly endedAt: number
}

export interface CommandRun {
  readonly startedAt: number
  /** What it is called when nothing names its migrations. */
  readonly label: string
  /** The record that the migrator was seen to use. */
  readonly record: MigratorRecord | undefined
  /** Migrations that the record gained, or lost, in the order in which they ran. */
  readonly names: readonly string[]
}

/**
 * From when to when each migration of a command ran: the migrator's writes to its record lie between them, one a
 * migration. Where their number is another, all is one run, called by its only migration, else by the label. Pure.
 */
export function commandWindows(run: CommandRun, statements: readonly SeenStatement[]): CommandWindow[] {
  const { record, names } = run
  const marks = record === undefined ? [] : statements.filter(({ text }) => isMark(record, text))
  const startedAt = workBegins(run, statements, marks[0])
  // The process may stay up long after its last word.
  const endedAt = Math.max(startedAt, ...statements.slice(-1).map(endOf))
  if (record === undefined || names.length < 2 || marks.length !== names.length) {
    return [{ migration: names.length === 1 ? (names[0] ?? run.label) : run.label, startedAt, endedAt }]
  }
  return names.map((migration, index) => {
    const mark = marks[index]
    const beside = marks[record.written === 'after' ? index - 1 : index + 1]
    const from = record.written === 'after' ? beside && endOf(beside) : mark && endOf(mark)
    const until = record.written === 'after' ? mark?.startedAt : beside?.startedAt
    return { migration, startedAt: from ?? startedAt, endedAt: justBefore(until) ?? endedAt }
  })
}

/** Whether anything was done that is neither the migrator's bookkeeping nor mere reading. */
export function isWork(record: MigratorRecord | undefined, { text, tag }: SeenStatement): boolean {
  if (record !== undefined && isAbout(record, text)) return false
  return tag !== null && !idle.test(tag)
}

const idle =
  /^(select|show|set|reset|begin|start transaction|commit|rollback|savepoint|release|discard|listen|deallocate|prepare)\b/i

/** Behind the bookkeeping that comes before the first work, so that this is part of no migration. */
function workBegins(
  { record, startedAt }: CommandRun,
  statements: readonly SeenStatement[],
  firstMark: SeenStatement | undefined,
): number {
  const first =
    firstMark === undefined
      ? statements.findIndex((statement) => isWork(record, statement))
      : statements.indexOf(firstMark)
  const before = statements.slice(0, Math.max(0, first))
  const last = record && before.findLast(({ text }) => isAbout(record, text))
  return last === undefined ? (statements[0]?.startedAt ?? startedAt) : endOf(last)
}

function isMark(record: MigratorRecord, text: string): boolean {
  const written = /^\s*(?:insert\s+into|delete\s+from)\s+([^\s(]+)/i.exec(text)?.[1]
  return written !== undefined && isAbout({ table: record.table, others: [] }, written)
}

const endOf = ({ startedAt, durationMs }: SeenStatement): number => startedAt + durationMs

/** Windows include their ends, and what comes next begins at this one's. */
const justBefore = (at: number | undefined): number | undefined =>
  at === undefined ? undefined : at - 0.0005
