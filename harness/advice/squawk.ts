import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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
 * each migration and direction, which decides nothing. Nothing where there is none, or when it fails. It is shown files
 * in `scratch`, all at once: starting it takes longer than reading them.
 */
export async function squawkAdvice(
  statements: readonly ShownStatement[],
  { cwd, scratch }: { cwd: string; scratch: string },
): Promise<Finding[]> {
  if (statements.length === 0) return []
  const groups = [
    ...Map.groupBy(statements, ({ migration, direction }) => `${direction} ${migration}`).values(),
  ]
  const directory = await mkdtemp(join(scratch, 'squawk-'))
  try {
    const files = groups.map((_, index) => join(directory, `${index}.sql`))
    await Promise.all(
      groups.map(async (group, index) => {
        const sql = group.map(({ text }) => `${text.trim().replace(/;$/, '')};\n`).join('')
        await writeFile(files[index] ?? '', sql, { mode: 0o600 })
      }),
    )
    const advice = await ask(files, cwd)
    return groups.flatMap((group, index) => {
      const about = advice.filter(({ file }) => file === files[index])
      return group[0] === undefined || about.length === 0 ? [] : [finding(group[0], about)]
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Advice {
  readonly file: string
  readonly rule_name: string
  readonly message: string
}

/** Nothing when there is no Squawk, or none that answers as known. */
async function ask(files: readonly string[], cwd: string): Promise<Advice[]> {
  const { stdout, exitCode } = await execa('squawk', ['--reporter', 'json', ...files], {
    cwd,
    stdin: 'ignore',
    reject: false,
    preferLocal: true,
    localDir: cwd,
    // Of the environment it needs nothing else, and its upload to GitHub is not to find a token.
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '' },
    timeout: 10_000,
  })
  // It exits with 1 when it has something to say.
  if (exitCode !== 0 && exitCode !== 1) return []
  try {
    const parsed: unknown = stdout.trim() === '' ? [] : JSON.parse(stdout)
    return Array.isArray(parsed) ? parsed.filter(isAdvice) : []
  } catch {
    return []
  }
}

function isAdvice(value: unknown): value is Advice {
  return typeof value === 'object' && value !== null && 'rule_name' in value && 'file' in value
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
