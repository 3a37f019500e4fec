import type { ProbeFacts, ProbeSeries } from '../probe-facts.ts'
import type { CrashFacts, Rehearsal } from '../rehearsal.ts'

export interface LargeSize {
  readonly migrations: number
  readonly statements: number
  readonly findings: number
  /** In all; 0 leaves probes and deaths as they are. */
  readonly probes?: number
}

/**
 * A rehearsal blown up: so many migrations up and down, statements with locks and growth, findings with a statement
 * each; and so many probes of 100 tables with 50 stalls each (all that a document has), a queue and a death or two for
 * each statement.
 */
export function largeRehearsal(
  small: Rehearsal,
  { migrations, statements, findings, probes = 0 }: LargeSize,
): Rehearsal {
  const names = Array.from({ length: migrations }, (_, n) => `2025_01_01_${String(n).padStart(4, '0')}_step`)
  const sql = (n: number) =>
    `alter table "orders_${n}" add column "note_${n}" text not null default '', add constraint "orders_${n}_note" check (length("note_${n}") < 1000)`
  const nameOf = (n: number) => names[n % names.length] ?? ''
  return {
    ...small,
    verdict: 'failed',
    pending: names,
    migrationFiles: names.map((name) => ({ name, path: `migrations/${name}.ts` })),
    migrations: (['up', 'down'] as const).flatMap((direction) =>
      names.map(
        (name, n) =>
          ({
            name,
            direction,
            status: 'success',
            startedMs: (direction === 'up' ? 0 : 30_000) + n * 100,
            durationMs: n % 97,
            statements: 5,
          }) as const,
      ),
    ),
    statements: Array.from({ length: statements }, (_, n) => ({
      migration: nameOf(n),
      direction: 'up',
      text: sql(n),
      durationMs: n % 50,
      timing: 'exact',
      locks: [{ relation: `public.orders_${n}`, mode: 'ACCESS EXCLUSIVE', heldMs: n }],
      rewrites: [],
      scans: [],
      walBytes: n,
      startedMs: (n % names.length) * 100 + Math.floor(n / names.length) * 10,
      growth: [
        { relation: `public.orders_${n}`, tableBytes: n * 8_192, indexBytes: n, toastBytes: 0, deadRows: n },
      ],
    })),
    ...(probes === 0
      ? {}
      : { probes: largeProbes(probes, nameOf, sql), crashes: deaths(statements, nameOf, sql) }),
    findings: Array.from({ length: findings }, (_, n) => ({
      id: 'migration-failed',
      severity: n % 3 === 0 ? 'error' : 'warning',
      subject: nameOf(n),
      message: `Nobody can use public.orders_${n} for ${n} ms.`,
      remedy: `Set lock_timeout for the migration and try again when it strikes (${n}).`,
      evidence: { migration: nameOf(n), direction: 'up', statement: { text: sql(n), position: 14 } },
    })),
  }
}

type TextOf = (n: number) => string

function largeProbes(probes: number, nameOf: TextOf, sql: TextOf): ProbeFacts {
  const tables = 100
  const latencies = { count: 100, p50Ms: 1, p95Ms: 2.5, p99Ms: 12.7, maxMs: 40.1 }
  const series = (table: number): ProbeSeries => ({
    sql: `select "id", "note" from "public"."orders_${table}" where "id" = '…' limit 1`,
    probes: probes / tables / 2,
    thresholdMs: 50,
    quiet: latencies,
    during: latencies,
    after: latencies,
    longestStallMs: 50 + table,
    totalStallMs: 50 * (50 + table),
    stallCount: 200,
    stalls: Array.from({ length: 50 }, (_, n) => ({
      startMs: n * 1_000 + table * 7,
      durationMs: 50 + (table * n) / 50,
      migration: nameOf(n),
      direction: 'up',
      statement: sql(n),
    })),
    errors: [],
  })
  return {
    intervalMs: 25,
    durationMs: 60_000,
    runs: [
      { direction: 'up', startMs: 1_000, endMs: 28_000, heldMs: null },
      { direction: 'down', startMs: 30_000, endMs: 59_000, heldMs: null },
    ],
    ownLagMs: 12,
    tables: Array.from({ length: tables }, (_, table) => ({
      name: `public.orders_${table}`,
      why: 'locked',
      reads: series(table),
      writes: series(table),
    })),
    notProbed: [],
    queues: Array.from({ length: 100 }, (_, n) => ({
      relation: `public.orders_${n}`,
      mode: 'ACCESS EXCLUSIVE',
      statement: sql(n),
      migration: nameOf(n),
      direction: 'up',
      startMs: n * 500,
      waitedMs: n,
      behind: 'a probe',
      queued: 4,
      queuedMs: n,
    })),
    traffic: [],
  }
}

function deaths(statements: number, nameOf: TextOf, sql: TextOf): CrashFacts[] {
  const faults = ['connection-cut', 'server-killed'] as const
  return Array.from({ length: statements }, (_, n) => n).flatMap((n) =>
    faults.map((fault) => ({
      migration: nameOf(n),
      statement: n + 1,
      text: sql(n),
      fault,
      inTransaction: n % 2 === 0,
      left: n % 50 === 0 ? 'part' : 'nothing',
      debris: n % 50 === 0 ? [`table public.orders_${n} is there`] : [],
      again: n % 50 === 0 ? 'failed' : 'succeeded',
      rollback: n % 50 === 0 ? 'not-tried' : 'succeeded',
      details: n % 50 === 0 ? [`relation "orders_${n}" already exists`] : [],
      durationMs: 1_000,
    })),
  )
}
