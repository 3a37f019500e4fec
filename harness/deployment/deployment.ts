import type { RehearsalRecord } from '../record.ts'
import { expectationsOf, type Expectations } from './expectations.ts'
import type { DeploymentSettings } from './settings.ts'
import { quarterMs, type WeeklyTraffic } from './traffic.ts'
import { findWindows, windowAt, type Window } from './window.ts'

/** Everything that a deployment plan says; times are epoch milliseconds. */
export interface Deployment {
  readonly record: RehearsalRecord
  readonly settings: DeploymentSettings
  readonly expected: Expectations
  /** What the window has to hold, in whole quarters of an hour. */
  readonly lengthMs: number
  /** The first is proposed, the others are as quiet nearly; none without traffic or a given start. */
  readonly windows: readonly Window[]
  /** Undefined when no traffic is known. */
  readonly traffic: WeeklyTraffic | undefined
  /** The start was given, and not looked for. */
  readonly startGiven: boolean
  readonly writtenMs: number
  /** Of a rehearsal that did not pass. */
  readonly draft: boolean
}

/** To look at the result, decide and tell people. */
const decidingMs = 15 * 60_000
const shortestMs = 30 * 60_000
const horizonMs = 14 * 86_400_000

/**
 * Plans the deployment of what was rehearsed: how long it takes, and when few clients would notice. The window holds
 * going up, the specs' time again and going down, as slowly as the margin allows for. Pure.
 */
export function planDeployment({
  record,
  past,
  settings,
  traffic,
  startMs,
  nowMs,
}: {
  record: RehearsalRecord
  past: readonly RehearsalRecord[]
  settings: DeploymentSettings
  traffic: WeeklyTraffic | undefined
  /** When it is to begin; undefined looks for the quietest time. */
  startMs: number | undefined
  nowMs: number
}): Deployment {
  const expected = expectationsOf(record, past)
  const worstMs = (expected.up?.high ?? 0) + (expected.specs?.high ?? 0) + (expected.down?.high ?? 0)
  const needed = Math.max(shortestMs, settings.margin * worstMs + decidingMs)
  const lengthMs = Math.ceil(needed / quarterMs) * quarterMs
  return {
    record,
    settings,
    expected,
    lengthMs,
    windows: windowsOf(),
    traffic,
    startGiven: startMs !== undefined,
    writtenMs: nowMs,
    draft: record.verdict !== 'passed',
  }

  function windowsOf(): readonly Window[] {
    if (startMs !== undefined) {
      const known = traffic && windowAt(traffic, startMs, lengthMs / quarterMs)
      return [known ?? { startMs, endMs: startMs + lengthMs, expected: Number.NaN, share: Number.NaN }]
    }
    if (traffic === undefined) return []
    const { noticeMs, days, hours } = settings
    const earliestMs = nowMs + noticeMs
    return findWindows(traffic, { earliestMs, latestMs: earliestMs + horizonMs, lengthMs, days, hours })
  }
}
