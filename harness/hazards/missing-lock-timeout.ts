import { stopsWrites, takes } from './under-lock.ts'
import type { Hazard } from './hazard.ts'

/** A statement asks for a lock that stops writes while no lock_timeout is set. */
export const missingLockTimeout: Hazard = {
  id: 'missing-lock-timeout',
  condition: 'A statement asks for a lock that stops writes while no lock_timeout is set.',
  effect:
    'One long reader in front of it makes the statement wait, and every client that comes later waits behind it.',
  remedy: 'Set lock_timeout for the migration and try again when it strikes.',
  kysely: `await sql\`set local lock_timeout = '2s'\`.execute(db)`,
  detect: (trace) => {
    const without = trace.filter((it) => !it.hasLockTimeout && takes(it, stopsWrites).length > 0)
    const [first] = without
    if (first === undefined) return []
    const relations = [
      ...new Set(without.flatMap((it) => takes(it, stopsWrites)).map(({ relation }) => relation)),
    ]
    const what = `Locks that stop writes are asked for without a lock_timeout, on ${relations.join(', ')}`
    return [{ statement: first, relations, what, weight: { severity: 'notice' } }]
  },
}
