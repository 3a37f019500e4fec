import type { FleetResult } from '../fleet.ts'
import type { Claim } from './claim.ts'

/** The result of a database that no worker came to an end with; it was not begun again. */
export function givenUp({ database, number, failures }: Claim): FleetResult {
  return {
    name: database.name,
    verdict: 'could-not-verify',
    summary: `It was begun ${failures.length} times and came to no end. ${failures.at(-1) ?? ''}`,
    exitCode: null,
    rehearsal: null,
    startedAt: null,
    durationMs: 0,
    attempts: number - 1,
    where: null,
    findings: [],
    migrations: [],
    reports: {},
    problem: failures.join('\n'),
  }
}

/** The result with what came of earlier attempts, where it is not green and they may explain it. */
export function withFailures(result: FleetResult, { failures }: Claim): FleetResult {
  if (result.verdict === 'passed' || failures.length === 0) return result
  return {
    ...result,
    problem: [...(result.problem === undefined ? [] : [result.problem]), ...failures].join('\n'),
  }
}
