import type { FleetResult } from '../fleet/fleet.ts'

/** The result of a rehearsal that passed, changed as asked. */
export function fleetResult(name: string, changes: Partial<FleetResult> = {}): FleetResult {
  return {
    name,
    verdict: 'passed',
    summary: '2 migrations apply in 0.1 s.',
    exitCode: 0,
    rehearsal: `r-${name}`,
    startedAt: '2026-11-23T02:00:00.000Z',
    durationMs: 9_000,
    attempts: 1,
    where: 'host',
    findings: [],
    migrations: [{ name: '001', durationMs: 100 }],
    reports: { html: `${name}/rehearsal.html`, json: `${name}/rehearsal.json`, junit: `${name}/junit.xml` },
    ...changes,
  }
}
