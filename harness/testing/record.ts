import type { RehearsalRecord } from '../record.ts'

/** A small record of a passed rehearsal of one migration, `001`, changed as asked. */
export function record(changes: Partial<RehearsalRecord> = {}): RehearsalRecord {
  return {
    recordVersion: 1,
    project: 'shop',
    id: 'r1',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 9_000,
    verdict: 'passed',
    summary: '1 migration applies.',
    pending: ['001'],
    toolVersion: '0.1.0',
    engine: { name: 'embedded', serverVersion: '17.10' },
    backup: {
      path: 'shop.dump',
      sha256: 'ab'.repeat(32),
      bytes: 1_000_000,
      madeAt: '2026-01-02T01:00:00.000Z',
    },
    backupAgeMs: 7_445_678,
    restoreMs: 1_000,
    growthBytes: 8_192,
    migrations: [
      { name: '001', direction: 'up', status: 'success', durationMs: 200, stallMs: 50, walBytes: 4_096 },
      { name: '001', direction: 'down', status: 'success', durationMs: 100, stallMs: 20, walBytes: 0 },
    ],
    specs: [{ phase: 'migrated', passed: 3, failed: 0, pending: 0, durationMs: 800 }],
    findings: [{ id: 'no-thing', severity: 'notice', subject: '001', message: 'Nothing.' }],
    ...changes,
  }
}

/** So many records, a day apart, whose `restoreMs` counts up from 1,000 by `stepMs`. */
export function nights(number: number, stepMs = 0): RehearsalRecord[] {
  return Array.from({ length: number }, (_, night) =>
    record({
      id: `night${night}`,
      startedAt: new Date(Date.UTC(2025, 11, night + 1, 2)).toISOString(),
      restoreMs: 1_000 + night * stepMs,
    }),
  )
}
