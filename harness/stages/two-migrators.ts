import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { readState, type DatabaseState } from '../catalog/state.ts'
import { checks } from '../checks/index.ts'
import type { Clone, Clones } from '../clones/clones.ts'
import { endSessions } from '../migrator/sessions.ts'
import { connect, withClient } from '../postgres/client.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Given } from './given.ts'
import type { Migrated } from './migrate.ts'
import { catalogDifferences, changedTables } from './staircase/compare-states.ts'
import { expectSuccess } from './staircase/landing.ts'
import { traceMigrator, type MigratorTrace } from './trace-migrator.ts'

type Ignoring = Pick<Baseline, 'ignoreTables'>

/** Starts two migrators at once on one copy, as two pods do, and compares the outcome with that of one alone. */
export async function twoMigrators(
  given: Given,
  clones: Clones,
  { before, migrated }: { before: Ignoring; migrated: Pick<Migrated, 'pending' | 'complete'> },
  progress: Progress,
): Promise<StageOutput<null>> {
  const { pending, complete } = migrated
  if (!complete || pending.length === 0) {
    const reason = complete ? 'nothing is pending' : 'the migrations did not all apply'
    return { facts: null, summary: `not asked, as ${reason}` }
  }
  progress('copying the restored database')
  const both = await clones.open({ purpose: 'both' })
  const alone = await clones.open({ purpose: 'alone' })
  try {
    const [traces, reference] = await Promise.all([
      migrateTwice(given, both, progress),
      traceMigrator(given, { operation: 'up', steps: 0 }, alone.connection, () => {}),
    ])
    expectSuccess(reference)
    const [one, other] = await Promise.all([alone, both].map((clone) => stateOf(clone, before)))
    const findings = checks['two-migrators-clash'].judge({
      pending,
      migrators: traces.map(outcomeOf),
      differences:
        one === undefined || other === undefined
          ? []
          : catalogDifferences(one.catalog, other.catalog, before.ignoreTables),
      otherRows: one === undefined || other === undefined ? [] : otherRows(one, other),
    })
    const wrong = findings.length === 0 ? 'each migration ran once' : count(findings.length, 'finding')
    return { facts: null, findings, summary: `${count(pending.length, 'migration')}, 2 migrators: ${wrong}` }
  } finally {
    await Promise.all([both.close(), alone.close()])
  }
}

async function migrateTwice(
  given: Given,
  { connection }: Clone,
  progress: Progress,
): Promise<MigratorTrace[]> {
  const gate = gateFor(2)
  const migrate = () =>
    traceMigrator(given, { operation: 'up', steps: 0 }, connection, progress, { shared: true, gate })
  try {
    return await Promise.all([migrate(), migrate()])
  } finally {
    // A server that is gone has no sessions.
    await withClient(connection, (client) => endSessions(client, 1_000)).catch(() => {})
  }
}

/** Opens when so many have come, so that what loads faster does not migrate alone; at the latest after 10 s. */
function gateFor(count: number): () => Promise<void> {
  const opened = Promise.withResolvers<void>()
  let waiting = 0
  return async () => {
    waiting += 1
    if (waiting === count) opened.resolve()
    const timer = new AbortController()
    await Promise.race([opened.promise, sleep(10_000, undefined, { signal: timer.signal }).catch(() => {})])
    timer.abort()
  }
}

function outcomeOf({ outcome }: MigratorTrace) {
  const { ended, error, stall, runs } = outcome
  const problem = error?.message ?? stall?.message ?? (ended === 'done' ? null : `the process ${ended}`)
  return {
    problem,
    ran: runs.filter(({ direction }) => direction === 'up').map(({ migration }) => migration),
  }
}

async function stateOf({ connection }: Clone, { ignoreTables }: Ignoring): Promise<DatabaseState> {
  return readState({ connect: () => connect(connection), ignoreTables, parallelism: availableParallelism() })
}

/** Values may differ by the time of day; the number of rows may not. */
function otherRows(one: DatabaseState, other: DatabaseState): string[] {
  return changedTables(one, other).filter(
    (name) => one.tables.get(name)?.rows !== other.tables.get(name)?.rows,
  )
}
