import type { TableName } from '../../catalog/read.ts'
import type { Sampling } from '../../catalog/sampling.ts'
import { readState, type DatabaseState } from '../../catalog/state.ts'
import type { StepFacts } from '../../checks/step-facts.ts'
import { connect } from '../../postgres/client.ts'
import type { MigratorTrace } from '../trace-migrator.ts'
import { catalogDifferences, changedTables, dataDifferences, settled } from './compare-states.ts'
import { expectSuccess, isApplied, openLanding, type Landing, type LandingRequest } from './landing.ts'
import { touchedNames, withBeyondUp } from './touched-names.ts'

export interface ClimbRequest extends LandingRequest {
  /** Migrations to take up, in order. */
  readonly pending: readonly string[]
  /** Those of them that have no down. */
  readonly withoutDown: ReadonlySet<string>
  readonly ignoreTables: readonly TableName[]
  /** The plan's `allowedDataChanges`. */
  readonly allowed: readonly string[]
  /** Digests of the restored database, by table name. */
  readonly known: ReadonlyMap<string, { readonly rows: number; readonly digest: string }>
  readonly parallelism: number
  /** Which tables are compared by a sample of their rows; default: none. */
  readonly sampling?: Sampling
}

/** One migration on its way up, down and up again. */
export interface Step {
  readonly migration: string
  readonly up: MigratorTrace
  /** Null when up failed or there is no down. */
  readonly down: MigratorTrace | null
  /** Null when down failed too. */
  readonly again: MigratorTrace | null
  /** Which of them did not do what it was to do. */
  readonly failed: 'up' | 'down' | 'up again' | null
  /** Null when nothing could be compared. */
  readonly facts: StepFacts | null
}

/**
 * Takes every pending migration up, down and up again, one at a time, and compares what is there after each. Each
 * starts from what the ones before it make when nothing disturbs them: a copy that a down has spoilt is replaced.
 * Ends early at a migration whose first up fails.
 */
export async function* climb(request: ClimbRequest): AsyncGenerator<Step> {
  const landing = await openLanding(request, 0)
  const climber: Climber = { request, stand: landing, spare: undefined, spareIsUp: false, state: undefined }
  try {
    climber.state = await read(climber, undefined, request.known)
    for (const [level, migration] of request.pending.entries()) {
      const step = await take(climber, climber.state, level, migration)
      yield step
      if (step.failed === 'up') return
    }
  } finally {
    await closeBoth(climber)
  }
}

/** A copy that cannot be removed, as when its server is gone, must not keep the other's process alive. */
async function closeBoth({ spare, stand }: Climber): Promise<void> {
  try {
    await spare?.close()
  } finally {
    await stand.close()
  }
}

interface Climber {
  readonly request: ClimbRequest
  /** Where the next step is taken. */
  stand: Landing
  /** A copy in the state before the step, made when something has to be compared with it. */
  spare: Landing | undefined
  /** `spare` has been taken up the step too. */
  spareIsUp: boolean
  /** Of `stand` before the next step. */
  state: DatabaseState | undefined
}

async function take(
  climber: Climber,
  before: DatabaseState,
  level: number,
  migration: string,
): Promise<Step> {
  const { steps } = climber.stand
  const base = { migration, down: null, again: null, failed: null, facts: null } as const
  const up = await steps.perform({ operation: 'up', steps: 1 })
  if (isApplied(up, migration) !== true) return { ...base, up, failed: 'up' }
  const afterUp = await read(climber, before)
  if (climber.request.withoutDown.has(migration)) {
    climber.state = afterUp
    return { ...base, up }
  }
  const down = await steps.perform({ operation: 'down', steps: 1 })
  const afterDown = await read(climber, afterUp)
  if (isApplied(down, migration) !== false) {
    if (differ(climber, afterUp, afterDown)) await replaceStand(climber, level)
    else climber.state = afterDown
    return { ...base, up, down, failed: 'down' }
  }
  const facts = await factsOf(climber, { level, migration, before, afterUp, afterDown })
  const again = await steps.perform({ operation: 'up', steps: 1 })
  if (isApplied(again, migration) !== true) {
    await replaceStand(climber, level)
    return { ...base, up, down, again, failed: 'up again', facts }
  }
  return { ...base, up, down, again, facts: await upAgain(climber, facts, level, afterUp, afterDown) }
}

async function read(
  { request, stand }: Climber,
  since?: DatabaseState,
  known?: ClimbRequest['known'],
): Promise<DatabaseState> {
  return readState({
    connect: () => connect(stand.clone.connection),
    ignoreTables: request.ignoreTables,
    parallelism: request.parallelism,
    ...(request.sampling === undefined ? {} : { sampling: request.sampling }),
    ...(since === undefined ? {} : { since }),
    ...(known === undefined ? {} : { known }),
  })
}

function differ({ request }: Climber, one: DatabaseState, other: DatabaseState): boolean {
  return (
    changedTables(one, other).length > 0 ||
    catalogDifferences(one.catalog, other.catalog, request.ignoreTables).length > 0
  )
}

async function factsOf(
  climber: Climber,
  step: {
    level: number
    migration: string
    before: DatabaseState
    afterUp: DatabaseState
    afterDown: DatabaseState
  },
): Promise<StepFacts> {
  const { request, stand } = climber
  const { level, migration, before, afterUp, afterDown } = step
  const found = catalogDifferences(before.catalog, afterDown.catalog, request.ignoreTables)
  const tables = changedTables(before, afterDown)
  const touched = touchedNames(before, afterUp, request.ignoreTables)
  const base = {
    migration,
    touchedByUp: touched,
    downChanged: differ(climber, afterUp, afterDown),
    again: null,
  }
  const nothing = { ...base, catalog: [], data: [], allowed: request.allowed }
  if (found.length === 0 && tables.length === 0) return nothing
  climber.spare ??= await openLanding(request, level)
  const { connection } = climber.spare.clone
  const after = { connection: stand.clone.connection, catalog: afterDown.catalog, state: afterDown }
  const catalog = await settled(found, { connection, catalog: before.catalog }, after)
  const data = await dataDifferences(tables, { connection, state: before }, after, request)
  return { ...nothing, catalog: withBeyondUp(catalog, touched, before.catalog), data }
}

/** Compares the second up with the first, and sees to it that the next step starts from an undisturbed state. */
async function upAgain(
  climber: Climber,
  facts: StepFacts,
  level: number,
  afterUp: DatabaseState,
  afterDown: DatabaseState,
): Promise<StepFacts> {
  const { request, stand } = climber
  const afterAgain = await read(climber, afterDown)
  const found = catalogDifferences(afterUp.catalog, afterAgain.catalog, request.ignoreTables).filter(
    ({ severity }) => severity === 'error',
  )
  const tables = changedTables(afterUp, afterAgain)
  if (found.length === 0 && facts.catalog.length + facts.data.length === 0) {
    await climber.spare?.close()
    climber.spare = undefined
    climber.state = afterAgain
    return { ...facts, again: { catalog: [], tables } }
  }
  const disturbed = { connection: stand.clone.connection, catalog: afterAgain.catalog }
  const spare = await spareAfter(climber, level)
  const catalog = await settled(
    found,
    { connection: spare.clone.connection, catalog: afterUp.catalog },
    disturbed,
  )
  await replaceStand(climber, level)
  return { ...facts, again: { catalog, tables } }
}

/** The spare copy, taken up the step as well. */
async function spareAfter(climber: Climber, level: number): Promise<Landing> {
  const { spare, request } = climber
  if (spare === undefined) climber.spare = await openLanding(request, level + 1)
  else expectSuccess(await spare.steps.perform({ operation: 'up', steps: 1 }))
  climber.spareIsUp = true
  return climber.spare ?? climber.stand
}

async function replaceStand(climber: Climber, level: number): Promise<void> {
  const { stand } = climber
  climber.stand = climber.spareIsUp && climber.spare ? climber.spare : await spareAfter(climber, level)
  climber.spare = undefined
  climber.spareIsUp = false
  await stand.close()
  climber.state = await read(climber)
}
