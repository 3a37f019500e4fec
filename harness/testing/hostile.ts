import type { ProbeFacts } from '../probe-facts.ts'
import type { Rehearsal } from '../rehearsal.ts'

/** Text that would be markup, a command or a control sequence somewhere. */
export const hostileText =
  '<script>alert(1)</script><img src=https://example.com/x onerror=alert(1)> "\'`]]>&amp; ::error::x\n::error::y\n@team #1 | \u001b[31m\u0000 \u202Etxt.exe \uD800 --> </style></textarea>'

/** The rehearsal with its free text replaced, as a hostile database, migration or spec might. */
export function hostile(rehearsal: Rehearsal): Rehearsal {
  const text = hostileText
  return {
    ...rehearsal,
    summary: text,
    verdict: 'failed',
    pending: [text],
    migrationSources: [{ path: `migrations/${text}.ts`, sha256: '0'.repeat(64) }],
    waivers: [{ id: text, subject: text, reason: text, expires: '2030-01-01' }],
    migrationFiles: [{ name: text, path: `migrations/${text}.ts` }],
    migrations: [
      { name: text, direction: 'up', status: 'error', startedMs: 1, durationMs: 1, statements: 1 },
    ],
    statements: [
      {
        migration: text,
        direction: 'up',
        text,
        startedMs: 1,
        durationMs: 1,
        timing: 'exact',
        locks: [{ relation: text, mode: 'ACCESS EXCLUSIVE', heldMs: null }],
        rewrites: [text],
        scans: [{ relation: text, rows: 1 }],
        walBytes: 1,
        growth: [{ relation: text, tableBytes: 1, indexBytes: -1, toastBytes: 0, deadRows: 1 }],
      },
    ],
    crashes: [
      {
        migration: text,
        statement: 1,
        text,
        fault: 'connection-cut',
        inTransaction: false,
        left: 'part',
        debris: [text],
        again: 'failed',
        rollback: 'not-tried',
        details: [text],
        durationMs: 1,
      },
    ],
    probes: probedTable(text),
    tables: [{ name: text, rows: 1, bytes: 1 }],
    specs: [
      {
        phase: 'migrated',
        passed: 0,
        failed: 1,
        pending: 0,
        durationMs: 1,
        failures: [{ title: text, message: text }],
        passes: [{ title: text, durationMs: 1 }],
      },
    ],
    stages: rehearsal.stages.map((stage) => ({ ...stage, summary: text })),
    findings: [
      {
        id: 'migration-failed',
        severity: 'error',
        subject: text,
        message: text,
        remedy: text,
        evidence: { migration: text, direction: 'up', statement: { text, position: 3 }, details: [text] },
      },
    ],
    trends: {
      startedAt: [rehearsal.startedAt, rehearsal.startedAt],
      verdicts: ['passed', 'failed'],
      series: [{ kind: 'migration', name: text, unit: 'ms', values: [1, null] }],
    },
    limits: [text],
  }
}

function probedTable(text: string): ProbeFacts {
  const place = { migration: text, direction: 'up' } as const
  const latencies = { count: 1, p50Ms: 1, p95Ms: 1, p99Ms: 1, maxMs: 1 }
  const errors = [{ code: text, count: 1, message: text, firstMs: 1, ...place }]
  const series = {
    sql: text,
    probes: 3,
    thresholdMs: 50,
    quiet: latencies,
    during: latencies,
    after: latencies,
    longestStallMs: 60,
    totalStallMs: 60,
    stallCount: 1,
    stalls: [{ startMs: 10, durationMs: 60, statement: text, ...place }],
    errors,
  }
  return {
    intervalMs: 25,
    durationMs: 100,
    runs: [{ direction: 'up', startMs: 5, endMs: 90, heldMs: null }],
    ownLagMs: 1,
    tables: [{ name: text, why: 'locked', reads: series, writes: series }],
    notProbed: [{ table: text, reason: text }],
    queues: [
      {
        relation: text,
        mode: text,
        statement: text,
        startMs: 10,
        waitedMs: 5,
        behind: text,
        queued: 1,
        queuedMs: 4,
        ...place,
      },
    ],
    traffic: [{ name: text, before: latencies, during: null, after: latencies, unsent: 0, errors }],
  }
}
