import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { parseDuration, type Config } from './config-schema.ts'
import type { HistoryPlan } from './plan.ts'
import { refuseProtectedServer } from './protected-urls.ts'

const defaults = { path: '.rehearsal/history', keep: 400 } as const

/**
 * Where rehearsals are recorded: nowhere for `off`, else in the database of HISTORY_DATABASE_URL, else in a directory.
 * Throws on a database that is on a protected server, and on what is no time.
 */
export function historyOf({
  cwd,
  given,
  file,
  environment,
  protectedUrls,
}: {
  cwd: string
  /** What flag or variable says. */
  given: string | undefined
  file: Config['history']
  environment: Readonly<Record<string, string | undefined>>
  protectedUrls: Record<string, string>
}): HistoryPlan {
  const settings = typeof file === 'string' ? { path: file } : (file ?? {})
  const path = given ?? settings.path ?? defaults.path
  const url = environment['HISTORY_DATABASE_URL'] || undefined
  refuseProtectedServer(url, protectedUrls, 'HISTORY_DATABASE_URL')
  return {
    store: path === 'off' ? 'off' : url === undefined ? 'directory' : 'postgres',
    project: settings.project ?? projectOf(cwd),
    directory: resolve(cwd, path),
    url,
    keep: settings.keep ?? defaults.keep,
    maxAgeMs: settings.maxAge === undefined ? undefined : parseDuration(settings.maxAge),
  }
}

/** The name that package.json has, which is the same wherever it is checked out; else that of the directory. */
export function projectOf(cwd: string): string {
  try {
    const { name } = JSON.parse(readFileSync(resolve(cwd, 'package.json'), 'utf8'))
    if (typeof name === 'string' && name !== '') return name
  } catch {
    // There is none, or none that can be read: the directory has a name too.
  }
  return basename(cwd) || 'project'
}
