import type { EstimateFacts, Interval } from '../estimate/facts.ts'
import { duration } from './text.ts'

/** What is estimated of one migration, in a few parts. */
export function estimateParts({
  durationMs,
  exclusiveMs,
  exclusiveOn,
  replicaLagMs,
}: EstimateFacts): string[] {
  return [
    intervalText(durationMs),
    ...(exclusiveMs === null ? [] : [`ACCESS EXCLUSIVE on ${exclusiveOn} ${intervalText(exclusiveMs)}`]),
    ...(replicaLagMs === null ? [] : [`replicas behind by ${intervalText(replicaLagMs)}`]),
  ]
}

/** What all the estimates rest on, said once. */
export function restsOn(estimates: readonly EstimateFacts[]): string {
  return [...new Set(estimates.flatMap((estimate) => estimate.restsOn))].join('; ')
}

function intervalText({ low, high }: Interval): string {
  return `${duration(low)} to ${duration(high)}`
}
