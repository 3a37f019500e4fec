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
    migrations: [{ name: text, direction: 'up', status: 'error', durationMs: 1, statements: 1 }],
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
