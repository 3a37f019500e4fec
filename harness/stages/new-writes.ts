import { availableParallelism } from 'node:os'
import { compareData } from '../catalog/compare-data.ts'
import type { DataDifference } from '../catalog/data-difference.ts'
import { readState, type DatabaseState } from '../catalog/state.ts'
import { checks } from '../checks/index.ts'
import type { Clone, Clones } from '../clones/clones.ts'
import { migratorFindings } from '../migrator/findings.ts'
import { endSessions } from '../migrator/sessions.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Finding, NewWrites, SpecPass } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Given } from './given.ts'
import type { Migrated } from './migrate.ts'
import { noNewWrites, notWritten, rollbackBlocked } from './new-writes/findings.ts'
import { writeAnew } from './new-writes/write.ts'
import type { RolledBack } from './rollback.ts'
import { describe } from './smoke.ts'
import { runSpecs } from './specs.ts'
import { changedTables } from './staircase/compare-states.ts'
import { expectSuccess } from './staircase/landing.ts'
import { refusedStatements, traceMigrator } from './trace-migrator.ts'

type Before = Pick<Baseline, 'pristine' | 'ignoreTables' | 'sampling'>

export interface Earlier {
  readonly before: Before
  readonly migrated: Pick<Migrated, 'complete' | 'applied'>
  readonly rolledBack: Pick<RolledBack, 'complete'>
  readonly specFiles: readonly string[]
}

/**
 * Writes with the new schema as the new release will, rolls back, and tells what of it is left, what the old
 * schema had no place for, what it lost although it could have held it, and whether the old release runs on it.
 */
export async function newWrites(
  given: Given,
  clones: Clones,
  earlier: Earlier,
  progress: Progress,
): Promise<StageOutput<NewWrites | null>> {
  const { migrated, rolledBack } = earlier
  if (!migrated.complete || !rolledBack.complete || migrated.applied.length === 0) {
    const reason = migrated.applied.length === 0 ? 'nothing was applied' : 'migrating or rolling back failed'
    return { facts: null, summary: `not asked, as ${reason}` }
  }
  progress('copying the restored database')
  const clone = await clones.open({ purpose: 'writes' })
  const written = `${clone.database}_written`
  try {
    return await writeAndRollBack(given, clone, written, earlier, progress)
  } finally {
    await clone.server.dropDatabase(written).catch(() => {})
    await clone.close()
  }
}

async function writeAndRollBack(
  given: Given,
  clone: Clone,
  written: string,
  { before, migrated, specFiles }: Earlier,
  progress: Progress,
): Promise<StageOutput<NewWrites | null>> {
  const { connection, server } = clone
  expectSuccess(await traceMigrator(given, { operation: 'up', steps: 0 }, connection, progress))
  const then = await stateOf(connection, before)
  // What rolling back takes from old rows tells apart what it takes from new ones.
  const undisturbed = await differences(connection, before.pristine, before)
  progress('writing with the new schema')
  const problem = await writeAnew(given, connection, specFiles)
  if (problem !== null)
    return { facts: null, findings: [notWritten(problem)], summary: 'nothing was written' }
  // Sessions hand in what they wrote when they end.
  await withClient(connection, (client) => endSessions(client, 5_000))
  const now = await stateOf(connection, before, then)
  const tables = [...changedTables(then, now)]
  if (tables.length === 0) return { facts: null, findings: [noNewWrites], summary: 'nothing was written' }
  await server.cloneDatabase(clone.database, written)
  progress('rolling back')
  const request = { operation: 'down', steps: migrated.applied.length } as const
  const { outcome, statements } = await traceMigrator(given, request, connection, progress)
  if (outcome.error !== null || outcome.ended !== 'done') {
    const told = migratorFindings(outcome, 'down', refusedStatements(statements))
    const facts = { tables: rowsOf(tables, then, now, undefined), rolledBack: null }
    return { facts, findings: rollbackBlocked(told), summary: 'the rollback failed on the new rows' }
  }
  const left = await stateOf(connection, before)
  const disturbed = await differences(server.connection(written), connection, before, new Set(tables))
  progress('running the specs on what is left')
  const specs = await runSpecs(given, { connection, files: specFiles, phase: 'rolled-back' })
  const lost = checks['new-write-lost'].judge({ undisturbed, disturbed })
  return {
    facts: { tables: rowsOf(tables, then, now, left), rolledBack: specs.pass },
    findings: [...lost, ...specs.findings.map(afterNewWrites)],
    summary: summaryOf(tables, lost, specs.pass),
  }
}

async function stateOf(
  connection: Connection,
  { ignoreTables, sampling }: Pick<Baseline, 'ignoreTables' | 'sampling'>,
  since?: DatabaseState,
): Promise<DatabaseState> {
  return readState({
    connect: () => connect(connection),
    ignoreTables,
    sampling,
    parallelism: availableParallelism(),
    ...(since === undefined ? {} : { since }),
  })
}

/** By identity: both are copies of one database, in which a renamed table or column is the same one. */
async function differences(
  one: Connection,
  other: Connection,
  { ignoreTables, sampling }: Pick<Baseline, 'ignoreTables' | 'sampling'>,
  tables?: ReadonlySet<string>,
): Promise<DataDifference[]> {
  return compareData({
    before: () => connect(one),
    after: () => connect(other),
    by: 'oid',
    ignoreTables,
    sampling,
    parallelism: availableParallelism(),
    ...(tables === undefined ? {} : { tables }),
  })
}

function rowsOf(
  tables: readonly string[],
  then: DatabaseState,
  now: DatabaseState,
  left: DatabaseState | undefined,
): NewWrites['tables'] {
  return tables.map((name) => ({
    name,
    rowsBefore: then.tables.get(name)?.rows ?? 0,
    rowsWritten: now.tables.get(name)?.rows ?? 0,
    rowsLeft: left?.tables.get(name)?.rows ?? null,
  }))
}

function afterNewWrites(finding: Finding): Finding {
  return { ...finding, message: `After new writes and the rollback: ${finding.message}` }
}

function summaryOf(tables: readonly string[], lost: readonly Finding[], pass: SpecPass | null): string {
  const wrong = lost.filter(({ severity }) => severity !== 'notice').length
  const kept = wrong === 0 ? 'nothing lost that the old schema can hold' : count(wrong, 'finding')
  return `${count(tables.length, 'table')} written to: ${kept}; ${describe(pass)}`
}
