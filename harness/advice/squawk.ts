import { execa } from 'execa'
import type { Direction, Finding } from '../rehearsal.ts'

/** A statement as Squawk is shown it. */
export interface ShownStatement {
  readonly migration: string
  readonly direction: Direction
  readonly text: string
}

/**
 * What Squawk (https://squawkhq.com), where the project or the PATH has it, says of the statements' text: one notice for
 * each migration and direction, which decides nothing. Nothing where there is none, or when it fails.
 */
export async function squawkAdvice(statements: readonly ShownStatement[], cwd: string): Promise<Finding[]> {
  const groups = Map.groupBy(statements, ({ migration, direction }) => `${direction} ${migration}`)
  const findings = []
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    const sql = group.map(({ text }) => `${text.trim().replace(/;$/, '')};\n`).join('')
    const advice = await ask(sql, cwd)
    if (advice === undefined) break
    if (advice.length > 0) findings.push(finding(first, advice))
  }
  return findings
}

interface Advice {
  readonly rule_name: string
  readonly message: string
}

/** Undefined when there is no Squawk, or none that answers as known. */
async function ask(sql: string, cwd: string): Promise<Advice[] | undefined> {
  const { stdout, exitCode } = await execa(
    'squawk',
    ['--reporter', 'json', '--stdin-filepath', 'migration.sql'],
    {
      cwd,
      input: sql,
      reject: false,
      preferLocal: true,
      localDir: cwd,
      // Of the environment it needs nothing else, and its upload to GitHub is not to find a token.
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '' },
      timeout: 10_000,
    },
  )
  // It exits with 1 when it has something to say.
  if (exitCode !== 0 && exitCode !== 1) return undefined
  try {
    const parsed: unknown = stdout.trim() === '' ? [] : JSON.parse(stdout)
    return Array.isArray(parsed) ? parsed.filter(isAdvice) : undefined
  } catch {
    return undefined
  }
}

function isAdvice(value: unknown): value is Advice {
  return typeof value === 'object' && value !== null && 'rule_name' in value && 'message' in value
}

function finding({ migration, direction }: ShownStatement, advice: readonly Advice[]): Finding {
  const rules = Map.groupBy(advice, ({ rule_name }) => rule_name)
  return {
    id: 'squawk-advice',
    severity: 'notice',
    subject: direction === 'up' ? migration : `${migration} (down)`,
    message: `Squawk advises on the statements' text: ${[...rules.keys()].join(', ')}.`,
    remedy:
      'See https://squawkhq.com/docs/rules; what its rules expect was not measured here and decides nothing.',
    evidence: {
      migration,
      direction,
      details: [...rules].map(([rule, all]) => `${rule}: ${all[0]?.message ?? ''}`),
    },
  }
}
