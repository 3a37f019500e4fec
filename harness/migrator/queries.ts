import type { Db } from './kysely.ts'

export interface TrackedQueries {
  /** The same database, transaction and plugins, but its queries are counted. */
  readonly db: Db
  /** SQL of the queries that have begun and not ended. */
  running(): string[]
  /** From now on a query that begins is reported: its migration has ended. */
  close(onLate: (sql: string) => void): void
  /** Resolves when none is running, at the latest after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>
}

/**
 * Counts the queries run through `db` and whatever is derived from it (`withSchema`, `transaction()`,
 * `connection()`). Done in the executor and not with a plugin's `transformResult`, which is not
 * called for a query that fails.
 */
export function trackQueries(db: Db): TrackedQueries {
  const running = new Map<symbol, Entry>()
  let late: ((sql: string) => void) | undefined
  // A plugin that does nothing yields a db with an executor of its own, which can then be changed.
  const own = db.withPlugin(noPlugin)
  instrument(own.getExecutor() as Executor, (sql) => {
    late?.(sql)
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const id = Symbol('query')
    running.set(id, { sql, ended: promise })
    return () => {
      running.delete(id)
      resolve(undefined)
    }
  })
  return {
    db: own,
    running: () => [...running.values()].map(({ sql }) => sql),
    close(onLate) {
      late = onLate
    },
    settled: (timeoutMs) => settle(running, timeoutMs),
  }
}

interface Entry {
  readonly sql: string
  readonly ended: Promise<undefined>
}

type Executor = Record<string, unknown>

const noPlugin = {
  transformQuery: ({ node }: { node: unknown }) => node,
  transformResult: ({ result }: { result: unknown }) => Promise.resolve(result),
}

const derivations = [
  'withPlugin',
  'withPlugins',
  'withPluginAtFront',
  'withoutPlugins',
  'withConnectionProvider',
]

function instrument(executor: Executor, begin: (sql: string) => () => void): Executor {
  const execute = executor['executeQuery']
  if (typeof execute !== 'function') return executor
  executor['executeQuery'] = (...args: unknown[]) =>
    run(() => Reflect.apply(execute, executor, args), args[0], begin)
  for (const name of derivations) {
    const derive = executor[name]
    if (typeof derive !== 'function') continue
    executor[name] = (...args: unknown[]) =>
      instrument(Reflect.apply(derive, executor, args) as Executor, begin)
  }
  return executor
}

/** The promise handed on is a new one: a rejection that nobody handles must stay unhandled. */
function run(
  execute: () => Promise<unknown>,
  query: unknown,
  begin: (sql: string) => () => void,
): Promise<unknown> {
  const end = begin(sqlOf(query))
  try {
    return execute().then(
      (result) => {
        end()
        return result
      },
      (error: unknown) => {
        end()
        throw error
      },
    )
  } catch (error) {
    end()
    throw error
  }
}

function sqlOf(query: unknown): string {
  const hasSql = typeof query === 'object' && query !== null && 'sql' in query
  return hasSql ? String(query.sql).slice(0, 2000) : 'unknown query'
}

async function settle(running: ReadonlyMap<symbol, Entry>, timeoutMs: number): Promise<void> {
  if (running.size === 0) return
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), timeoutMs)
  await Promise.race([Promise.all([...running.values()].map(({ ended }) => ended)), promise])
  clearTimeout(timer)
}
