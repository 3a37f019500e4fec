import type { Finding, Severity } from '../rehearsal.ts'
import { duration } from '../reports/text.ts'
import type { TracedStatement } from '../trace/traced.ts'
import type { Hazard, Sighting, Trace } from './hazard.ts'
import { hazards } from './index.ts'
import { waived, type Waiver } from './waiver.ts'

export interface HazardRules {
  /** Clients kept waiting for so long make a hazard an error, or a warning; less is a notice. */
  readonly errorStallMs: number
  readonly warningStallMs: number
  readonly waivers: readonly Waiver[]
}

/** All hazards in the trace of one direction: the heaviest sighting of each kind in each migration. Pure. */
export function judgeHazards(trace: Trace, rules: HazardRules, today: Date): Finding[] {
  return Object.values<Hazard>(hazards).flatMap((hazard) => {
    const byMigration = Map.groupBy(hazard.detect(trace), ({ statement }) => statement.migration)
    return [...byMigration.values()].flatMap((sightings) => {
      const [heaviest, ...others] = sightings.toSorted((one, other) => weightOf(other) - weightOf(one))
      if (heaviest === undefined) return []
      return [waived(findingOf(hazard, heaviest, others, rules), heaviest.relations, rules.waivers, today)]
    })
  })
}

function findingOf(
  hazard: Hazard,
  sighting: Sighting,
  others: readonly Sighting[],
  rules: HazardRules,
): Finding {
  const { statement, what } = sighting
  const severity = severityOf(sighting, rules)
  const { migration, direction, error } = statement
  return {
    id: hazard.id,
    severity,
    subject: `${migration} (${direction})`,
    message: `${what}. ${hazard.effect}`,
    remedy: hazard.remedy,
    evidence: {
      migration,
      direction,
      statement: {
        text: error === null ? statement.text.trim() : statement.text,
        ...(typeof error?.position === 'number' && { position: error.position }),
      },
      details: [
        ...lockLines(statement),
        ...others.map((other) => `also: ${other.what}`),
        ...(severity === 'notice' ? [] : instead(hazard)),
      ],
    },
  }
}

/** A notice does without: it is on docs/hazards.md. */
function instead({ kysely }: Hazard): string[] {
  return ['instead, in Kysely:', ...kysely.split('\n').map((line) => `  ${line}`)]
}

function severityOf({ weight }: Sighting, { errorStallMs, warningStallMs }: HazardRules): Severity {
  if ('severity' in weight) return weight.severity
  if (weight.stallMs >= errorStallMs) return 'error'
  return weight.stallMs >= warningStallMs ? 'warning' : 'notice'
}

const weightOf = ({ weight }: Sighting): number => ('stallMs' in weight ? weight.stallMs : 0)

function lockLines({ locks, timing }: TracedStatement): string[] {
  return locks
    .filter(({ kind }) => kind !== 'i' && kind !== 'I')
    .map(({ relation, mode, heldMs }) => {
      const held = heldMs === null ? 'not seen to end' : `held ${duration(heldMs)}`
      return `${mode} on ${relation}, ${held}${timing === 'observed' ? ' in the slower, observed run' : ''}`
    })
}
