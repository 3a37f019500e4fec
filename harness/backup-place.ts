import { resolve } from 'node:path'
import type { Config } from './config-schema.ts'
import { one } from './config-values.ts'
import type { Plan } from './plan.ts'
import type { RawSettings } from './raw-settings.ts'

/** A path as an absolute one; an address as it is. */
export function backupPlace(cwd: string, backup: string | undefined): string {
  if (backup === undefined) return ''
  return /^(?:s3:\/\/|pgbackrest:)/.test(backup) ? backup : resolve(cwd, backup)
}

/** How a pgBackRest repository is read. Throws on a time without a zone, and on one that nothing has a use for. */
export function pgbackrestOf(
  cwd: string,
  { given, file, backup }: { given: RawSettings; file: Config; backup: string | undefined },
): Plan['pgbackrest'] {
  const config = one(given.pgbackrestConfig) ?? file.pgbackrest?.config
  const directory = one(given.pgbackrestDirectory) ?? file.pgbackrest?.directory
  const targetTime = one(given.targetTime) ?? file.targetTime
  if (targetTime !== undefined && !withZone.test(targetTime))
    throw new Error(
      `target-time ${JSON.stringify(targetTime)} is not a time with its zone, such as 2026-01-31T02:00:00Z`,
    )
  if (targetTime !== undefined && backup?.startsWith('pgbackrest:') !== true)
    throw new Error(
      'a target-time is given, and the backup is not named pgbackrest:STANZA: nothing else has one',
    )
  return {
    config: config === undefined ? undefined : resolve(cwd, config),
    directory: directory === undefined ? undefined : resolve(cwd, directory),
    targetTime: targetTime === undefined ? undefined : normalized(targetTime),
  }
}

const withZone = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)? ?(?:Z|[+-]\d\d(?::?\d\d)?)$/

/** As both JavaScript and a server that does not know its time zones yet read it. */
function normalized(time: string): string {
  return time
    .replace(' ', 'T')
    .replace(' ', '')
    .replace('Z', '+00:00')
    .replace(/([+-]\d\d)$/, '$1:00')
    .replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
}
