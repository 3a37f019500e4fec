import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Config } from './config-schema.ts'
import { messageOf } from './errors.ts'
import { parsePgbench } from './probes/pgbench.ts'
import { parseReplay } from './probes/replay.ts'
import type { TrafficPlan, TrafficUnit } from './probes/traffic-plan.ts'

/** The config file's `traffic` with its scripts read. Throws an Error that names file and line. */
export function trafficOf(cwd: string, traffic: Config['traffic']): TrafficPlan | null {
  if (traffic === undefined) return null
  const { statements = [], scripts = [], replay, rate, clients } = traffic
  if (replay !== undefined && (statements.length > 0 || scripts.length > 0 || rate !== undefined)) {
    throw new Error('traffic: a replay has times of its own, so it goes without statements, scripts and rate')
  }
  const units: TrafficUnit[] = [
    ...statements.map(({ name, sql, weight = 1 }) => ({
      name,
      weight,
      steps: [{ kind: 'sql' as const, sql, variables: [] }],
    })),
    ...scripts.map((script) => scriptUnit(cwd, script)),
  ]
  if (replay === undefined && units.length === 0)
    throw new Error('traffic: give statements, scripts or a replay')
  const repeated = units.find(({ name }, index) => units.findIndex((it) => it.name === name) < index)
  if (repeated !== undefined) throw new Error(`traffic: two have the name ${repeated.name}`)
  return {
    ratePerSecond: rate ?? defaults.ratePerSecond,
    clients: clients ?? defaults.clients,
    units,
    replay: replay === undefined ? null : read(cwd, replay, parseReplay),
  }
}

const defaults = { ratePerSecond: 50, clients: 4 }

/** `path`, or `path@weight` as pgbench has it. */
function scriptUnit(cwd: string, script: string): TrafficUnit {
  const [, path = script, weight = '1'] = /^(.+)@(\d+)$/.exec(script) ?? []
  return { name: basename(path), weight: Number(weight), steps: read(cwd, path, parsePgbench) }
}

function read<Content>(cwd: string, path: string, parse: (text: string) => Content): Content {
  try {
    return parse(readFileSync(resolve(cwd, path), 'utf8'))
  } catch (error) {
    throw new Error(`traffic: ${path}: ${messageOf(error)}`, { cause: error })
  }
}
