import type {
  ClientErrors,
  LockQueue,
  ProbedTable,
  ProbeFacts,
  ProbeSeries,
  ProbeStall,
} from '../probe-facts.ts'
import type { Finding, Severity } from '../rehearsal.ts'
import { count, duration } from '../reports/text.ts'
import { stallWords } from '../reports/probes-text.ts'

/** How long clients may be kept waiting; the hazards' rules have both. */
export interface StallRules {
  readonly errorStallMs: number
  readonly warningStallMs: number
}

/** A finding and the relations it is about, for waivers. */
export interface ProbeFinding {
  readonly finding: Finding
  readonly relations: readonly string[]
}

/** What clients felt: stalls by table, lock queues, errors; and what was asked for and not probed. Pure. */
export function judgeProbes(probes: ProbeFacts, rules: StallRules): ProbeFinding[] {
  return [
    ...probes.tables.flatMap((table) => stall(table, rules)),
    ...queues(probes.queues, rules),
    ...probes.tables.flatMap(errors),
    ...probes.tables.flatMap(notRun),
    ...probes.traffic.flatMap(({ name, before, errors: refused }): ProbeFinding[] =>
      before === null && refused.length > 0
        ? [about(name, trafficNotRun(name, refused))]
        : refused.map((error) => about(name, clientError(`traffic ${name}`, 'Traffic', error))),
    ),
  ]
}

function stall(table: ProbedTable, rules: StallRules): ProbeFinding[] {
  const stalls = [table.reads, table.writes].flatMap((series) => series?.stalls ?? [])
  const longest = longestOf(stalls)
  if (longest === undefined) return []
  const groups = Map.groupBy(stalls, ({ migration, direction }) => `${migration} ${direction}`)
  const others = [...groups.values()].flatMap((group) => {
    const worst = longestOf(group)
    return worst === undefined || isSameRun(worst, longest) ? [] : [`also ${stallWords(table, worst)}`]
  })
  const { migration, direction, statement } = longest
  return [
    about(table.name, {
      id: 'client-stall',
      severity: severityOf(longest.durationMs, rules),
      subject: table.name,
      message: `A client would have waited: ${stallWords(table, longest)}.`,
      remedy:
        'Let the lock go sooner: no work behind it in its transaction, work in batches, indexes CONCURRENTLY, constraints NOT VALID first. A lock_timeout limits the wait in a queue.',
      evidence: {
        ...(migration !== null && { migration }),
        ...(direction !== null && { direction }),
        ...(statement !== null && { statement: { text: statement } }),
        details: [
          ...others,
          ...(['reads', 'writes'] as const).flatMap((kind) => quietLine(kind, table[kind])),
        ],
      },
    }),
  ]
}

function quietLine(kind: string, series: ProbeSeries | null): string[] {
  if (series?.quiet === null || series === null) return []
  const { p50Ms, p99Ms } = series.quiet
  const stalls =
    series.stallCount === 0
      ? ''
      : `, ${count(series.stallCount, 'stall')}, ${duration(series.totalStallMs)} in all`
  return [`${kind}: ${p50Ms} ms at p50 and ${p99Ms} ms at p99 before the migrations${stalls}`]
}

function queues(all: readonly LockQueue[], rules: StallRules): ProbeFinding[] {
  const byStatement = Map.groupBy(
    // A probe that it waits for waits for it, which is told as a deadlock.
    all.filter(({ waitedMs, behind }) => waitedMs >= worthTellingMs && behind !== 'a probe'),
    ({ relation, migration, direction }) => `${relation} ${migration} ${direction}`,
  )
  return [...byStatement.values()].flatMap((group) => {
    const [heaviest, ...others] = group.toSorted((one, other) => other.waitedMs - one.waitedMs)
    return heaviest === undefined
      ? []
      : [about(heaviest.relation, queueFinding(heaviest, others.length, rules))]
  })
}

const worthTellingMs = 50

function queueFinding(queue: LockQueue, others: number, rules: StallRules): Finding {
  const { relation, mode, statement, waitedMs, behind, queued, queuedMs, migration, direction } = queue
  const queuedWords =
    queued === 0
      ? 'Nobody was seen to queue behind it'
      : `${count(queued, 'session')} queued behind it, for up to ${duration(queuedMs)}, although what held the table would have let them pass`
  return {
    id: 'lock-queue',
    severity: queued === 0 ? 'notice' : severityOf(queuedMs, rules),
    subject: migration === null ? relation : `${migration} (${direction})`,
    message: `${commandOf(statement)} waited ${duration(waitedMs)} for ${mode} on ${relation} behind ${behind}. ${queuedWords}.`,
    remedy:
      'Set a lock_timeout of a second or less for migrations and try again when it strikes: whoever comes after a waiting lock waits too.',
    evidence: {
      ...(migration !== null && { migration }),
      ...(direction !== null && { direction }),
      statement: { text: statement },
      ...(others > 0 && { details: [`and ${count(others, 'shorter wait')} of it there`] }),
    },
  }
}

function errors(table: ProbedTable): ProbeFinding[] {
  return (['reads', 'writes'] as const)
    .filter((kind) => table[kind]?.quiet !== null)
    .flatMap((kind) =>
      (table[kind]?.errors ?? []).map((error) =>
        about(table.name, clientError(table.name, kind === 'reads' ? 'Reads' : 'Writes', error)),
      ),
    )
}

function clientError(subject: string, what: string, error: ClientErrors): Finding {
  const { code, message, migration, direction } = error
  if (code === '40P01') return deadlock(subject, what, error)
  const times = count(error.count, 'time')
  const when = migration === null ? '' : `, first with ${migration} (${direction})`
  const isGone = code === '42P01' || code === '42703'
  return {
    id: 'client-error',
    severity: 'warning',
    subject,
    message: `${what} that worked before the migrations were refused ${times}${when}: ${message} (${code}).`,
    remedy: isGone
      ? 'The release before the migrations still asks for it: drop or rename only what no running release uses.'
      : 'Look at what the migrations do there; a client sees this error.',
    evidence: { ...(migration !== null && { migration }), ...(direction !== null && { direction }) },
  }
}

function deadlock(
  subject: string,
  what: string,
  { count: times, migration, direction }: ClientErrors,
): Finding {
  const when = migration === null ? '' : ` during ${migration} (${direction})`
  return {
    id: 'client-deadlock',
    severity: 'warning',
    subject,
    message: `${what} and the migration waited for each other${times === 1 ? '' : ` ${times} times`}, begun${when}. The probe gave way; in production the server ends one of both after deadlock_timeout: the client's query, or the migration.`,
    remedy:
      'Lock what clients lock first, in their order and before other work (views before their tables, tables before their rows), or each in a transaction of its own.',
    evidence: { ...(migration !== null && { migration }), ...(direction !== null && { direction }) },
  }
}

function notRun(table: ProbedTable): ProbeFinding[] {
  return (['reads', 'writes'] as const)
    .filter((kind) => table[kind]?.quiet === null)
    .map((kind) => {
      const error = table[kind]?.errors[0]
      const why = error === undefined ? 'none was answered before the migrations' : error.message
      return about(table.name, {
        id: 'probes-not-run',
        severity: 'unverified',
        subject: table.name,
        message: `Its ${kind} were not probed: ${why}.`,
        remedy: 'Run again on a machine with less to do; what clients of this table feel is not known.',
      })
    })
}

function trafficNotRun(name: string, refused: readonly ClientErrors[]): Finding {
  return {
    id: 'traffic-not-run',
    severity: 'unverified',
    subject: `traffic ${name}`,
    message: `It failed already before the migrations: ${refused[0]?.message ?? ''} (${refused[0]?.code ?? ''}).`,
    remedy: 'Mend the statement; it has to work on the restored database as it is.',
  }
}

const about = (relation: string, finding: Finding): ProbeFinding => ({ finding, relations: [relation] })

const longestOf = (stalls: readonly ProbeStall[]): ProbeStall | undefined =>
  stalls.toSorted((one, other) => other.durationMs - one.durationMs)[0]

const isSameRun = (one: ProbeStall, other: ProbeStall): boolean =>
  one.migration === other.migration && one.direction === other.direction

function severityOf(stallMs: number, { errorStallMs, warningStallMs }: StallRules): Severity {
  if (stallMs >= errorStallMs) return 'error'
  return stallMs >= warningStallMs ? 'warning' : 'notice'
}

/** `ALTER TABLE`, `UPDATE`: the first word, and the second of what is said in two. */
function commandOf(statement: string): string {
  const [, first = 'A statement', second = ''] =
    /^\s*(\w+)(?:\s+or\s+replace|\s+unique|\s+materialized)?\s*(\w+)?/i.exec(statement) ?? []
  const isTwo = /^(alter|create|drop|lock|refresh|reindex)$/i.test(first)
  return (isTwo ? `${first} ${second}` : first).toUpperCase()
}
