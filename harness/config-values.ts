import { resolve } from 'node:path'
import type { Config } from './config-schema.ts'
import { engineNames } from './engines/index.ts'
import type { MaskingPlan } from './masking/masking-plan.ts'
import { ruleNames, type Rule } from './masking/rules/index.ts'
import type { Plan, ReportTarget } from './plan.ts'
import { questionNames, type QuestionName } from './rehearsal.ts'
import { isReportName, reportNames } from './reports/index.ts'
import type { RawSettings } from './raw-settings.ts'

/** The last of what was given. */
export function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.at(-1)
}

/** All that was given. */
export function many(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value
}

/** Whether something is switched on; off by default. */
export function switchOf(given: string | readonly string[] | undefined, file: boolean | undefined): boolean {
  return given === undefined ? (file ?? false) : isOn(given)
}

/** Throws on a name that is no engine. */
export function engineOf(name: string): Plan['engine'] {
  if (name === 'auto') return name
  const known = engineNames.find((it) => it === name)
  if (known === undefined)
    throw new Error(`engine ${JSON.stringify(name)} is none of auto, ${engineNames.join(', ')}`)
  return known
}

/** Throws on what is no major version. */
export function majorOf(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const major = Number(value)
  if (!Number.isInteger(major) || major < 12 || major > 99) {
    throw new Error(`postgres ${JSON.stringify(value)} is not a major version such as 17`)
  }
  return major
}

const sizeUnits = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const

/** Bytes of `500MB`, `20GB` or `1.5 TB`, in powers of 1,000; throws on anything else. */
export function sizeOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?B?)$/i.exec(text.trim())
  const unit =
    match?.[2]
      ?.toUpperCase()
      .replace(/^([KMGT])$/, '$1B')
      .replace(/^B$/, '') ?? 'none'
  if (match?.[1] === undefined || !(unit in sizeUnits))
    throw new Error(`${JSON.stringify(text)} is not a size such as 500MB or 20GB`)
  return Number(match[1]) * sizeUnits[unit as keyof typeof sizeUnits]
}

/** Throws on what is no size, and on a size at which next to nothing would be compared. */
export function sampleSizeOf(text: string): number {
  const bytes = sizeOf(text)
  if (bytes < smallestSample)
    throw new Error(`sample-above ${JSON.stringify(text)} is too little to tell anything: 10MB at least`)
  return bytes
}

const smallestSample = 10e6

/** Throws on what is no number of clones. */
export function parallelOf(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const parallel = Number(value)
  if (value === '' || !Number.isInteger(parallel) || parallel < 1)
    throw new Error(`parallel ${JSON.stringify(value)} is not a number of clones such as 2`)
  return parallel
}

/** Throws on what is no mode. */
export function snapshotModeOf(mode: string): 'auto' | 'off' {
  if (mode === 'auto' || mode === 'off') return mode
  throw new Error(`snapshots ${JSON.stringify(mode)} is neither auto nor off`)
}

/** What can be asked of Kysely's Migrator alone, which goes step by step. */
const ofKysely: readonly string[] = ['staircase', 'two-migrators'] satisfies QuestionName[]

/**
 * In the order in which they are asked; `all` is every one that can be asked of the migrator. Throws on a name that
 * is no question, and on one that cannot be asked when a command migrates. `probes` asks `locks` too.
 */
export function questionsOf(names: readonly string[], byCommand = false): QuestionName[] {
  const unknown = names.find(
    (name) => name !== 'all' && name !== 'none' && !questionNames.some((it) => it === name),
  )
  if (unknown !== undefined) {
    throw new Error(`question ${JSON.stringify(unknown)} is none of all, none, ${questionNames.join(', ')}`)
  }
  const impossible = byCommand ? names.find((name) => ofKysely.includes(name)) : undefined
  if (impossible !== undefined) throw new Error(`${impossible} cannot be asked when a command migrates`)
  const asked = (name: QuestionName) =>
    names.includes(name) || (names.includes('all') && !(byCommand && ofKysely.includes(name)))
  // What is probed is learnt from what is locked.
  return questionNames.filter((name) => asked(name) || (name === 'locks' && asked('probes')))
}

/** What was given for the question `probes`, and would do nothing or end the migrations. */
export function probeProblems({
  questions = ['probes'],
  holdMs,
  traffic,
  stallTimeoutMs = Infinity,
}: {
  readonly questions: Plan['questions'] | undefined
  readonly holdMs: number | undefined
  readonly traffic: Plan['traffic']
  readonly stallTimeoutMs: number | undefined
}): string[] {
  const problems: string[] = []
  if (!questions.includes('probes') && (holdMs !== undefined || traffic !== null)) {
    problems.push('`hold` and `traffic` are for the question probes, which is not asked: use --ask probes')
  }
  if (holdMs !== undefined && holdMs >= stallTimeoutMs) {
    problems.push(
      '`hold` is not shorter than `stall-timeout`, so a migration that waits for the reader would be ended',
    )
  }
  return problems
}

/** Characters that a salt has at least: with a short one, masked values could be found by trying. */
const shortestSalt = 16

/** Throws on a rule whose name is none, and on a salt that is too short. */
export function maskingOf(
  file: Config['masking'],
  given: Pick<RawSettings, 'requireMasking' | 'maskingSalt'>,
): MaskingPlan {
  const salt = one(given.maskingSalt)
  if (salt !== undefined && salt.length < shortestSalt)
    throw new Error(`REHEARSAL_MASKING_SALT needs ${shortestSalt} characters at least`)
  const rules = Object.entries(file?.rules ?? {}).map(([column, rule]) => [column, ruleOf(column, rule)])
  const required = given.requireMasking === undefined ? file?.requireMasking : isOn(given.requireMasking)
  return { rules: Object.fromEntries(rules), required: required ?? false, salt }
}

function ruleOf(column: string, rule: string | { sql: string }): Rule {
  if (typeof rule !== 'string') return rule
  const known = ruleNames.find((name) => name === rule)
  if (known !== undefined) return known
  throw new Error(
    `masking rule ${JSON.stringify(rule)} of ${column} is none of ${ruleNames.join(', ')} and no { sql: "…" }`,
  )
}

/** Of a flag or a variable. */
export function isOn(value: string | readonly string[]): boolean {
  return !['', '0', 'false', 'no'].includes(String(value))
}

/** Throws on a name that is no report, and on one without a path. */
export function reportsOf(
  cwd: string,
  given: RawSettings['reports'],
  file: Config['reports'],
): ReportTarget[] {
  const pairs = many(given)?.map((text) => {
    const [name = '', ...rest] = text.split('=')
    return [name, rest.join('=')] as const
  })
  return (pairs ?? Object.entries(file ?? {})).map(([name, path]) => {
    if (!isReportName(name))
      throw new Error(`report ${JSON.stringify(name)} is none of ${reportNames.join(', ')}`)
    if (path === undefined || path === '')
      throw new Error(`report ${name} needs a path: --report ${name}=PATH`)
    return { name, path: path === '-' ? '-' : resolve(cwd, path) }
  })
}
