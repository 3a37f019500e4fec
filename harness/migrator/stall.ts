/** A client's session of the rehearsed database, as pg_stat_activity and pg_locks show it. */
export interface Session {
  readonly pid: number
  /** Whether it is one of the harness's own. */
  readonly own: boolean
  /** `active`, `idle in transaction`, ... */
  readonly state: string
  /** Running or, when idle, the last one. */
  readonly query: string
  readonly waitEventType: string | null
  readonly waitEvent: string | null
  readonly queryStart: string | null
  readonly stateChange: string | null
  /** Since the state is what it is. */
  readonly stateForMs: number
  /** Processes that hold what this one waits for. */
  readonly blockedBy: readonly number[]
  /** What it waits for; null when it waits for no lock. */
  readonly awaitedLock: AwaitedLock | null
}

export interface AwaitedLock {
  /** Spelt as in the Postgres documentation; null for a row, which is waited for through its transaction. */
  readonly mode: string | null
  /** `table public.issues`, `a row of public.issues`, `an advisory lock`. */
  readonly object: string
  /** The modes that blockers hold on the same object. */
  readonly heldModes: readonly string[]
}

/** Why nothing moves any more. */
export interface Stall {
  readonly kind: 'self-deadlock' | 'lock-wait' | 'outside-wait' | 'client-wait' | 'no-session' | 'no-answer'
  /** One or two sentences. */
  readonly message: string
  /** What to do about it. */
  readonly remedy: string
  /** The sessions, a line each. */
  readonly details: readonly string[]
}

/**
 * Whether the sessions moved between two looks: one came, went, began or ended a statement, or one is at
 * work. A statement that merely takes long is progress; waiting for a lock or for its client is not.
 */
export function progressed(before: readonly Session[], after: readonly Session[]): boolean {
  const clients = after.filter(({ own }) => !own)
  if (clients.some(isAtWork)) return true
  return signature(before) !== signature(after)
}

function isAtWork({ state, waitEventType }: Session): boolean {
  return state === 'active' && waitEventType !== 'Lock' && waitEventType !== 'Client'
}

function signature(sessions: readonly Session[]): string {
  const clients = sessions.filter(({ own }) => !own).toSorted((a, b) => a.pid - b.pid)
  return JSON.stringify(
    clients.map(({ pid, state, queryStart, stateChange }) => [pid, state, queryStart, stateChange]),
  )
}

/** Explains why sessions that no longer move do not; null stands for a server that does not answer. */
export function explainStall(sessions: readonly Session[] | null): Stall {
  if (sessions === null) return noAnswer
  const clients = sessions.filter(({ own }) => !own)
  const details = clients.map(describeSession)
  const waiting = clients.find(({ blockedBy }) => blockedBy.length > 0)
  if (waiting !== undefined) return { ...explainWait(waiting, sessions), details }
  const inTransaction = clients.find(({ state }) => state.startsWith('idle in transaction'))
  if (inTransaction !== undefined) return { ...outsideWait(inTransaction), details }
  const active = clients.find(({ state }) => state === 'active')
  if (active !== undefined) return { ...clientWait(active), details }
  return { ...noSession(clients.length), details }
}

type Explanation = Omit<Stall, 'details'>

function explainWait(waiting: Session, sessions: readonly Session[]): Explanation {
  const blocker = rootBlocker(waiting, sessions)
  const lock = waiting.awaitedLock
  const awaited = lock === null ? 'a lock' : describeLock(lock)
  const held =
    lock === null || lock.heldModes.length === 0 ? '' : `, on which it holds ${lock.heldModes.join(', ')}`
  const wait = `Session ${waiting.pid} waits for ${awaited} to run "${brief(waiting.query)}"`
  if (blocker === undefined || blocker.own || !blocker.state.startsWith('idle in transaction')) {
    const who =
      blocker === undefined
        ? 'a session outside this database or a prepared transaction'
        : `session ${blocker.pid}`
    return { kind: 'lock-wait', message: `${wait}, which ${who} does not let go.`, remedy: lockWaitRemedy }
  }
  return {
    kind: 'self-deadlock',
    message:
      `Two connections of the migration wait for each other, where Postgres cannot see it. ${wait}; it is blocked by ` +
      `session ${blocker.pid}${held}, idle in its transaction since "${brief(blocker.query)}" because the migration's ` +
      'code waits for the first.',
    remedy: 'Run every query of a migration on the `db` it is given; do not open a second connection in it.',
  }
}

/** Follows who waits for whom to one that waits for no lock; undefined when that is not among `sessions`. */
function rootBlocker(waiting: Session, sessions: readonly Session[]): Session | undefined {
  let current: Session | undefined = waiting
  for (const _ of sessions) {
    const first: number | undefined = current.blockedBy[0]
    if (first === undefined) break
    current = sessions.find(({ pid }) => pid === first)
    if (current === undefined) return undefined
  }
  return current === waiting ? undefined : current
}

const lockWaitRemedy =
  'Find what holds the lock; set a lock_timeout, so that a migration gives up instead of waiting.'

function outsideWait(session: Session): Explanation {
  return {
    kind: 'outside-wait',
    message:
      `The migration waits for something outside the database: session ${session.pid} has been idle in its transaction ` +
      `for ${seconds(session.stateForMs)} since "${brief(session.query)}", and no session waits for it. An external ` +
      'service does not answer, or a promise never settles.',
    remedy: 'Keep external services out of migrations, or give each call to one a timeout.',
  }
}

function clientWait(session: Session): Explanation {
  return {
    kind: 'client-wait',
    message: `The server waits for the migration to go on with "${brief(session.query)}" (${session.waitEvent ?? 'client'}).`,
    remedy: 'Check that the stream of a COPY is ended and that large results are read to the end.',
  }
}

function noSession(idle: number): Explanation {
  const sessions =
    idle === 0 ? 'The migrator has no session at the server' : "The migrator's sessions are all idle"
  return {
    kind: 'no-session',
    message: `${sessions}, and it does not end: it waits for something outside the database.`,
    remedy: 'Look for an external service that does not answer or a promise that never settles.',
  }
}

const noAnswer: Stall = {
  kind: 'no-answer',
  message: 'The database server no longer answers.',
  remedy: "Look at the server's log and at the memory and disk of the machine.",
  details: [],
}

function describeLock({ mode, object }: AwaitedLock): string {
  return mode === null ? object : `${mode} on ${object}`
}

function describeSession({ pid, state, stateForMs, query, blockedBy, awaitedLock }: Session): string {
  const wait = awaitedLock === null ? '' : `, waits for ${describeLock(awaitedLock)}`
  const blockers = blockedBy.length === 0 ? '' : `, blocked by ${blockedBy.join(', ')}`
  return `session ${pid}: ${state} for ${seconds(stateForMs)}${wait}${blockers}: ${brief(query)}`
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`
}

function brief(query: string): string {
  const line = query.replaceAll(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
