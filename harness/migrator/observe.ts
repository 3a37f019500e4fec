import { now } from '../clock.ts'
import type { Direction } from '../rehearsal.ts'
import type { Db, Migration, MigrationFunction, Provider } from './kysely.ts'
import type { Message, Observation, Setting } from './protocol.ts'
import { trackQueries } from './queries.ts'
import type { TrackedQueries } from './queries.ts'
import { readSessionState, sameTransaction, settingsChanged } from './session-state.ts'
import type { SessionState } from './session-state.ts'

export interface Observer {
  /** The same migrations, each of which is watched while it runs. */
  wrap(provider: Provider): Provider
  /** Waits for the queries that migrations left running, at the latest for `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>
  /** The settings that migrations changed and that still hold on their connection, outside a transaction. */
  settingsKept(db: Db): Promise<Setting[]>
}

/** Late queries reported for one migration; a loop of them must not fill the channel. */
const lateQueriesAtMost = 100

/** Watches migrations and says what it sees through `report`; changes nothing in how they run. */
export function makeObserver(report: (message: Message) => void): Observer {
  const tracked: TrackedQueries[] = []
  let first: SessionState | null = null

  async function observed(name: string, direction: Direction, db: Db, run: (db: Db) => unknown) {
    const before = await readSessionState(db)
    first ??= before
    const queries = trackQueries(db)
    tracked.push(queries)
    const about = { migration: name, direction }
    report({ kind: 'started', ...about, at: now() })
    let threw = true
    try {
      const result = await run(queries.db)
      threw = false
      return result
    } finally {
      const at = now()
      const running = queries.running()
      // What goes on after a throw is no surprise: the other half of a Promise.all.
      if (!threw)
        queries.close(lateReporter((statement) => report({ kind: 'late', ...about, at: now(), statement })))
      // A query of ours would be waited for behind those still running, and hide production's race.
      const after = running.length === 0 ? await readSessionState(db) : null
      const unawaited = threw ? [] : running
      report({ kind: 'ended', ...about, at, threw, unawaited, ...compare(db, before, after) })
    }
  }

  return {
    wrap: (provider) => ({
      getMigrations: async () => wrapAll(await provider.getMigrations(), observed),
    }),
    async settled(timeoutMs) {
      await Promise.all(tracked.map((queries) => queries.settled(timeoutMs)))
    },
    async settingsKept(db) {
      if (first === null) return []
      const last = await db.connection().execute(readSessionState)
      return last !== null && last.pid === first.pid ? settingsChanged(first, last) : []
    },
  }
}

/** The function that a wrapper made by an observer stands for; any other function is returned as it is. */
export function originalOf(callable: MigrationFunction): MigrationFunction {
  return originals.get(callable) ?? callable
}

const originals = new WeakMap<MigrationFunction, MigrationFunction>()

type Observed = (name: string, direction: Direction, db: Db, run: (db: Db) => unknown) => Promise<unknown>

function wrapAll(
  migrations: Readonly<Record<string, Migration>>,
  observed: Observed,
): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(migrations).map(([name, migration]) => {
      // Spread as Kysely spreads it: what Kysely would not see must not come back here.
      const copy: { up?: MigrationFunction; down?: MigrationFunction | undefined } = { ...migration }
      if (typeof copy.up === 'function') copy.up = wrapOne(name, 'up', copy.up, observed)
      if (typeof copy.down === 'function') copy.down = wrapOne(name, 'down', copy.down, observed)
      return [name, copy as Migration]
    }),
  )
}

function wrapOne(name: string, direction: Direction, original: MigrationFunction, observed: Observed) {
  const wrapper: MigrationFunction = function wrapped(db, ...rest) {
    return observed(name, direction, db, (given) => Reflect.apply(original, this, [given, ...rest]))
  }
  originals.set(wrapper, original)
  return wrapper
}

function compare(
  db: Db,
  before: SessionState | null,
  after: SessionState | null,
): Pick<Observation, 'inTransaction' | 'committedInside' | 'settingsLeft'> {
  const inTransaction = db.isTransaction
  if (before === null || after === null) return { inTransaction, committedInside: false, settingsLeft: [] }
  return {
    inTransaction,
    committedInside: inTransaction && !sameTransaction(before, after),
    settingsLeft: settingsChanged(before, after),
  }
}

function lateReporter(report: (statement: string) => void): (statement: string) => void {
  let count = 0
  return (statement) => {
    count += 1
    if (count <= lateQueriesAtMost) report(statement)
  }
}
