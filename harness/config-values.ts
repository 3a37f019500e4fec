import { resolve } from 'node:path'
import type { Config } from './config-schema.ts'
import { engineNames } from './engines/index.ts'
import type { Plan, ReportTarget } from './plan.ts'
import { questionNames, type QuestionName } from './rehearsal.ts'
import { isReportName, reportNames } from './reports/index.ts'
import type { RawSettings } from './settings.ts'

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
  return given === undefined ? (file ?? false) : !['', '0', 'false', 'no'].includes(String(given))
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

/** In the order in which they are asked; `all` is every one. Throws on a name that is no question. */
export function questionsOf(names: readonly string[]): QuestionName[] {
  const unknown = names.find(
    (name) => name !== 'all' && name !== 'none' && !questionNames.some((it) => it === name),
  )
  if (unknown !== undefined) {
    throw new Error(`question ${JSON.stringify(unknown)} is none of all, none, ${questionNames.join(', ')}`)
  }
  return questionNames.filter((name) => names.includes('all') || names.includes(name))
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
