import { waived } from '../hazards/waiver.ts'
import type { Clone, Clones } from '../clones/clones.ts'
import { withClient } from '../postgres/client.ts'
import type { ProbeFacts } from '../probe-facts.ts'
import { chooseTables } from '../probes/choice.ts'
import { judgeProbes } from '../probes/judge.ts'
import { measure } from '../probes/measure.ts'
import { startProber, type Prober } from '../probes/prober.ts'
import { readTargets, type Targets } from '../probes/targets.ts'
import type { Finding, StatementFacts } from '../rehearsal.ts'
import { count, duration } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Given } from './given.ts'
import type { Migrated } from './migrate.ts'
import { runUnderProbes, timelineOf } from './probed-run.ts'
import type { RolledBack } from './rollback.ts'

export interface ProbesInput {
  readonly before: Baseline
  readonly migrated: Migrated
  readonly rolledBack: RolledBack
  /** From the question `locks`: what each statement locks. */
  readonly statements: readonly StatementFacts[]
}

/** Null facts: there was nothing to probe, or no way. */
export async function probes(
  given: Given,
  clones: Clones,
  input: ProbesInput,
  progress: Progress,
): Promise<StageOutput<ProbeFacts | null>> {
  const { before, migrated, rolledBack, statements } = input
  if (migrated.pending.length === 0)
    return { facts: null, summary: 'no migration is pending, so none was probed' }
  const { ended } = migrated.trace.outcome
  if (ended !== 'done') return notRun(`the migrations ${ended === 'stalled' ? 'stall' : 'end their process'}`)
  progress('copying the restored database')
  const clone = await clones.open({ purpose: 'probes' })
  let prober: Prober | undefined
  try {
    const targets = await targetsOn(clone, before, statements, given.plan.traffic?.clients ?? 0)
    if (targets.targets.length === 0) return nothingToProbe(targets)
    const { traffic } = given.plan
    const { connection } = clone
    prober = await startProber({ connection, targets: targets.targets, intervalMs, traffic }, given.run)
    const runs = await runUnderProbes({ given, connection, prober, targets, migrated, rolledBack }, progress)
    const recording = await prober.stop()
    const timeline = timelineOf(runs.attempts, statements)
    if (timeline.runs.length === 0) return notRun('the Migrator sent no statement while it was probed')
    const facts = measure(recording, timeline, { ...targets, intervalMs })
    return {
      facts,
      findings: [...judged(given, facts), ...runs.findings],
      summary: summaryOf(facts),
    }
  } finally {
    await prober?.close()
    await clone.close()
  }
}

const intervalMs = 25
const tablesAtMost = 10
const largeTablesAtMost = 2

async function targetsOn(
  { connection }: Clone,
  { tables }: Baseline,
  statements: readonly StatementFacts[],
  trafficClients: number,
): Promise<Targets> {
  return await withClient(connection, async (client) => {
    const { rows } = await client.query<{ free: string }>(freeSql)
    const free = Number(rows[0]?.free ?? 0) - forOthers - trafficClients
    const room = { tables: Math.min(tablesAtMost, Math.floor(free / 2)), large: largeTablesAtMost }
    const named = tables.map(({ name, bytes }) => ({ name: unquoted(name), bytes }))
    const { chosen, left } = chooseTables(statements, named, room)
    const { targets, notProbed } = await readTargets(client, chosen)
    const reason = `locked less strongly than the ${Math.max(0, room.tables)} that there is room for`
    return { targets, notProbed: [...notProbed, ...left.map((table) => ({ table, reason }))] }
  })
}

/** The migrator's pool, the ones that watch it, the long reader. */
const forOthers = 15

const freeSql = `
  select (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - (select count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend'))::text as free`

/** The fingerprints' names are as SQL has them, the trace's are not. */
function unquoted(name: string): string {
  return name.replaceAll(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"'))
}

function judged({ plan }: Given, facts: ProbeFacts): Finding[] {
  return judgeProbes(facts, plan.hazards).map(({ finding, relations }) =>
    waived(finding, relations, plan.hazards.waivers, new Date()),
  )
}

function nothingToProbe({ notProbed }: Targets): StageOutput<null> {
  const [first] = notProbed
  if (first === undefined) return { facts: null, summary: 'there was no table before the migrations' }
  return notRun(`${first.table}: ${first.reason}`)
}

function notRun(why: string): StageOutput<null> {
  return {
    facts: null,
    summary: `not run: ${why}`,
    findings: [
      {
        id: 'probes-not-run',
        severity: 'unverified',
        subject: 'migrations',
        message: `What clients would feel was not measured: ${why}.`,
        remedy: 'Mend that first, then run again.',
      },
    ],
  }
}

function summaryOf(facts: ProbeFacts): string {
  const made = facts.tables.reduce((sum, { reads, writes }) => sum + reads.probes + (writes?.probes ?? 0), 0)
  const longestMs = Math.max(
    0,
    ...facts.tables.flatMap(({ reads, writes }) => [reads.longestStallMs, writes?.longestStallMs ?? 0]),
  )
  return `${count(made, 'probe')} of ${count(facts.tables.length, 'table')}, ${
    longestMs === 0 ? 'no stall' : `longest stall ${duration(longestMs)}`
  }`
}
