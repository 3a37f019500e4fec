import type { MigratorProps, Provider } from './kysely.ts'

export interface Intercepted<Result> {
  readonly result: Result
  /** What each Migrator that was made in the meantime was given, before wrapping. */
  readonly made: readonly MigratorProps[]
}

/**
 * Runs `work` (the app's own code) and has every Kysely Migrator that it makes read its migrations through
 * `wrap`. Migrator's constructor keeps `Object.freeze(props)` in a private field
 * (kysely `src/migration/migrator.ts`, unchanged from 0.24 to 0.30), which is the one place to step in
 * without a change to the app. `Object.freeze` is the original again when this returns.
 */
export async function interceptMigrators<Result>(
  wrap: (provider: Provider) => Provider,
  work: () => Promise<Result>,
): Promise<Intercepted<Result>> {
  const original = Object.freeze
  const made: MigratorProps[] = []
  const intercepting = <Value>(value: Value): Readonly<Value> => {
    if (!isMigratorProps(value)) return original(value)
    made.push(value)
    return original({ ...value, provider: wrap(value.provider) })
  }
  Object.freeze = intercepting as typeof Object.freeze
  try {
    return { result: await work(), made }
  } finally {
    Object.freeze = original
  }
}

function isMigratorProps(value: unknown): value is MigratorProps {
  if (typeof value !== 'object' || value === null || !('db' in value) || !('provider' in value)) return false
  const { provider } = value
  const isObject = typeof provider === 'object' && provider !== null
  return isObject && 'getMigrations' in provider && typeof provider.getMigrations === 'function'
}
