import { delimiter, dirname, join } from 'node:path'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Direction } from '../rehearsal.ts'
import { startGroup, type Group } from '../runs/process-group.ts'
import { guardedNodeOptions } from './child-process.ts'
import { commandLabel } from './command-label.ts'
import { commandWindows, isWork, type CommandRun, type SeenStatement } from './command-windows.ts'
import type { MigratorOptions } from './migrator.ts'
import type { MigratorOutcome, ObservedRun } from './outcome.ts'
import type { Observation, ThrownError } from './protocol.ts'
import { isAbout, recordIn } from './records/index.ts'
import { readRecords } from './records/read.ts'
import { endSessions } from './sessions.ts'
import { watchForStall } from './stall-watch.ts'
import type { Stall } from './stall.ts'

/** A statement with the server's complaint, as the tap has it. */
export interface AnsweredStatement extends SeenStatement {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly detail: string | null
    readonly hint: string | null
    readonly where: string | null
  } | null
}

export interface CommandRequest {
  /** Shell command line; programs of the project's `node_modules/.bin` are found as npm scripts find them. */
  readonly command: string
  readonly direction: Direction
  /** What the tap has seen by now, in order. */
  readonly statements: () => readonly AnsweredStatement[]
}

export interface CommandOutcome extends MigratorOutcome {
  /** Migrations that the migrator's own table gained (up) or lost (down), oldest first; null without such a table. */
  readonly recorded: readonly string[] | null
  /** All that the table has now, oldest first; empty without one. */
  readonly record: readonly string[]
  /** Something was done beside bookkeeping and reading. */
  readonly worked: boolean
  /** Whether a statement is the migrator's bookkeeping. */
  readonly isBookkeeping: (sql: string) => boolean
}

/**
 * Runs a migrator's command line in the safe environment and returns what was seen, in the shape of a Kysely run;
 * its exit code decides. No process and no session of it is left. Throws the signal's reason when it is aborted.
 */
export async function runCommand(request: CommandRequest, options: MigratorOptions): Promise<CommandOutcome> {
  options.signal?.throwIfAborted()
  const database = options.watch ?? options.connection
  const before = await readRecords(database)
  const startedAt = now()
  const { exit, stall, output } = await execute(request.command, database, options)
  options.signal?.throwIfAborted()
  const after = await readRecords(database).catch(() => before)
  const statements = request.statements()
  const record = statements.map(({ text }) => recordIn(text)).find((it) => it !== undefined)
  const [old, current] = [before, after].map((names) => (record && names.get(record)) ?? [])
  const changed =
    request.direction === 'up' ? missing(current ?? [], old ?? []) : missing(old ?? [], current ?? [])
  const run: CommandRun = {
    startedAt,
    label: commandLabel(request.command),
    record,
    names: request.direction === 'up' ? changed : changed.toReversed(),
  }
  const error = exit === 'code 0' || stall !== null ? null : failure(exit, output, statements)
  const worked = statements.some((statement) => isWork(record, statement))
  const signal = exit?.startsWith('signal ') === true ? exit.slice('signal '.length) : null
  return {
    loaded: { kyselyVersion: '', table: record?.table ?? '', tableSchema: null, observed: true, ignored: [] },
    runs:
      worked || error !== null || stall !== null
        ? runsOf(run, request, error !== null || stall !== null)
        : [],
    listed: [],
    results: [],
    error,
    settingsKept: [],
    ended: stall === null ? (signal === null ? 'done' : 'exited') : 'stalled',
    stall,
    exitCode: exit?.startsWith('code ') === true ? Number(exit.slice('code '.length)) : null,
    signal,
    output,
    recorded: record === undefined ? null : changed,
    record: current ?? [],
    worked,
    isBookkeeping: (sql) => record !== undefined && isAbout(record, sql),
  }
}

interface Execution {
  /** Undefined when it had to be ended. */
  readonly exit: string | undefined
  readonly stall: Stall | null
  readonly output: string
}

async function execute(command: string, database: Connection, options: MigratorOptions): Promise<Execution> {
  const { cwd, environment, run, signal, stallTimeoutMs } = options
  const group = startGroup(command, [], {
    cwd,
    environment: { ...environment, ...guardedNodeOptions(environment), ...localPrograms(cwd, environment) },
    run,
    shell: true,
  })
  const abort = (): void => void group.end()
  signal?.addEventListener('abort', abort)
  const watch = watchForStall(database, stallTimeoutMs)
  try {
    const stall = await Promise.race([group.ended.then(() => null), watch.stalled])
    return { exit: group.exit(), stall, output: group.output() }
  } finally {
    signal?.removeEventListener('abort', abort)
    await watch.stop()
    await leaveNothing(group, database, stallTimeoutMs)
  }
}

/** What the command left running is no part of it; its sessions may still be on their way out. */
async function leaveNothing(group: Group, database: Connection, stallTimeoutMs: number): Promise<void> {
  const graceMs = group.exit() === 'code 0' ? stallTimeoutMs : 0
  await group.end()
  await withClient(database, (client) => endSessions(client, graceMs)).catch(() => {})
}

function localPrograms(cwd: string, environment: Readonly<Record<string, string>>): Record<string, string> {
  const folders = []
  for (let folder = cwd; ; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', '.bin'))
    if (dirname(folder) === folder) break
  }
  return { PATH: [...folders, environment['PATH'] ?? ''].join(delimiter) }
}

function runsOf(run: CommandRun, { direction, statements }: CommandRequest, failed: boolean): ObservedRun[] {
  const windows = commandWindows(run, statements())
  return windows.map((window, index) => ({
    ...window,
    direction,
    observation: { ...unobserved, threw: failed && index === windows.length - 1 },
    late: [],
  }))
}

/** From outside nothing is known of these. */
const unobserved: Observation = {
  inTransaction: false,
  threw: false,
  committedInside: false,
  unawaited: [],
  settingsLeft: [],
}

function failure(
  exit: string | undefined,
  output: string,
  statements: readonly AnsweredStatement[],
): ThrownError {
  const error = statements.findLast((statement) => statement.error !== null)?.error
  const said = output.trim().split('\n').slice(-10)
  const fields = { code: error?.code, detail: error?.detail, hint: error?.hint, where: error?.where }
  const given = Object.entries({ ...fields, output: said.join('\n') }).filter(([, value]) => value)
  return {
    name: 'Error',
    message: `the command ended with ${exit ?? 'no exit'}${error ? `: ${error.message}` : ''}`,
    stack: '',
    fields: Object.fromEntries(given) as Record<string, string>,
  }
}

const missing = (from: readonly string[], others: readonly string[]): string[] =>
  from.filter((name) => !others.includes(name))

function now(): number {
  return performance.timeOrigin + performance.now()
}
