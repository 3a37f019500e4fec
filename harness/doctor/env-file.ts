import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Observation, Probe } from './probe.ts'

/** Who else can read `.env`. */
export const envFile: Probe = {
  name: '.env',
  description: 'whether others can read .env, and whether it is in git',
  async run({ cwd }) {
    const path = join(cwd, '.env')
    const stats = await stat(path).catch(() => undefined)
    if (stats === undefined) return [{ status: 'ok', text: 'no .env here; the environment alone counts' }]
    const observations: Observation[] = []
    // Windows has no such bits.
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0)
      observations.push({
        status: 'warning',
        text: `.env can be read by others (mode ${(stats.mode & 0o777).toString(8)})`,
        remedy: 'chmod 600 .env',
      })
    const tracked = await execa('git', ['ls-files', '--error-unmatch', '.env'], { cwd, reject: false })
    if (tracked.exitCode === 0)
      observations.push({
        status: 'problem',
        text: '.env is in git, with every secret in it',
        remedy:
          '`git rm --cached .env`, put it into .gitignore, and change the secrets: they are in the history.',
      })
    return observations.length === 0 ? [{ status: 'ok', text: '.env is there, for you alone' }] : observations
  },
}
