import { hostname } from 'node:os'
import { version } from '../../version.ts'
import { databaseSchema } from '../fleet-schema.ts'
import { notVerified } from '../document.ts'
import type { FleetResult } from '../fleet.ts'
import { describeIssue } from '../yaml-text.ts'
import type { Claim } from './claim.ts'

/** The result of a database that no worker came to an end with; it was not begun again. */
export function givenUp({ database, number, failures }: Claim): FleetResult {
  const summary = `It was begun ${failures.length} times and came to no end. ${failures.at(-1) ?? ''}`
  return { ...notVerified(database.name, summary), attempts: number - 1, problem: failures.join('\n') }
}

/**
 * The result of a database that was enqueued with settings that this version does not know, and would ignore: what
 * they ask for would not be verified. Undefined when it knows them all.
 */
export function notUnderstood({
  database,
  number,
}: Pick<Claim, 'database' | 'number'>): FleetResult | undefined {
  const { settings, ...rest } = database
  const parsed = databaseSchema.safeParse({ ...settings, ...rest })
  if (parsed.success) return undefined
  const why = parsed.error.issues.flatMap(describeIssue).map(({ text }) => text)
  const summary = `pg-rehearsal ${version} does not know what it was enqueued with: ${why.join('; ')}.`
  return { ...notVerified(database.name, summary), attempts: number, where: hostname(), problem: summary }
}

/** The result with what came of earlier attempts, where it is not green and they may explain it. */
export function withFailures(result: FleetResult, { failures }: Claim): FleetResult {
  if (result.verdict === 'passed' || failures.length === 0) return result
  return {
    ...result,
    problem: [...(result.problem === undefined ? [] : [result.problem]), ...failures].join('\n'),
  }
}
