import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { z } from 'zod'
import { configSchema, type Config } from './config-schema.ts'
import { HarnessError, messageOf } from './errors.ts'

const configFileNames = ['rehearsal.config.ts', 'rehearsal.config.js', 'rehearsal.config.json']

/** The config file that is named, or found in `cwd`; empty when there is none. Throws HarnessError `invalid-plan`. */
export async function loadConfigFile(cwd: string, name: string | undefined): Promise<Config> {
  const path =
    name === undefined ? configFileNames.map((it) => resolve(cwd, it)).find(existsSync) : resolve(cwd, name)
  if (path === undefined) return {}
  if (!existsSync(path)) throw invalid([`the config file ${path} does not exist`])
  let content: unknown
  try {
    const loaded = await import(
      pathToFileURL(path).href,
      path.endsWith('.json') ? { with: { type: 'json' } } : {}
    )
    content = loaded.default
  } catch (error) {
    throw invalid([`${path} could not be loaded: ${messageOf(error)}`])
  }
  const parsed = configSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.map((issue) => `${path}: ${describeIssue(issue)}`))
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.length === 0 ? 'the file' : `\`${issue.path.join('.')}\``
  return `${where}: ${issue.message}`
}

/** HarnessError `invalid-plan` that lists every problem. */
export function invalid(problems: readonly string[]): HarnessError {
  const list =
    problems.length === 1 ? problems[0] : `\n${problems.map((problem) => `  - ${problem}`).join('\n')}`
  return new HarnessError('invalid-plan', `The plan is not valid: ${list}`, {
    hint: 'See `rehearse run --help` and docs/configuration.md.',
  })
}
