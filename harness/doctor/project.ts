import { glob, stat } from 'node:fs/promises'
import { shortPath } from '../short-path.ts'
import { count } from '../reports/text.ts'
import type { Probe } from './probe.ts'

/** Whether there are migrations and specs where the plan says. Loads neither. */
export const project: Probe = {
  name: 'project',
  description: 'migrations and smoke specs',
  async run({ plan, cwd }) {
    if (plan === undefined) return []
    const path = shortPath(cwd, plan.migrations.path)
    const there = await stat(plan.migrations.path).catch(() => undefined)
    const specs = await Array.fromAsync(
      glob([...plan.specs.patterns], { cwd, exclude: ['**/node_modules/**'] }),
    )
    return [
      there === undefined
        ? {
            status: 'problem',
            text: `no migrations at ${path}`,
            remedy: 'Say where they are: --migrations PATH.',
          }
        : { status: 'ok', text: `migrations at ${path}` },
      specs.length === 0
        ? {
            status: 'problem',
            text: `no smoke spec matches ${plan.specs.patterns.join(' ')}`,
            remedy: 'Write one that exercises the app on DATABASE_URL, or say where they are: --specs GLOB.',
          }
        : { status: 'ok', text: count(specs.length, 'smoke spec file') },
    ]
  },
}
