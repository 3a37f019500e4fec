import { resolve } from 'node:path'
import { parseDuration, type Config } from './config-schema.ts'
import { commandNames, roles, type DeploymentSettings } from './deployment/settings.ts'
import { isTimeZone } from './deployment/zone.ts'

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const defaults = { notice: '24h', margin: 3 } as const

/**
 * The config file's `deployment`, defaults filled in; `given` beats it. The time zone is this machine's by default, the
 * weekdays any. Throws on a time zone that there is none of, and on hours that are none.
 */
export function deploymentOf(
  cwd: string,
  file: Config['deployment'],
  given: { readonly traffic?: string | undefined; readonly timeZone?: string | undefined } = {},
): DeploymentSettings {
  const timeZone = given.timeZone ?? file?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!isTimeZone(timeZone))
    throw new Error(`${JSON.stringify(timeZone)} is no time zone such as Europe/London`)
  return {
    timeZone,
    traffic: trafficOf(cwd, given.traffic ?? file?.traffic),
    days: file?.days?.map((day) => weekdays.indexOf(day)),
    hours: file?.hours === undefined ? undefined : hoursOf(file.hours),
    noticeMs: parseDuration(file?.notice ?? defaults.notice),
    margin: file?.margin ?? defaults.margin,
    commands: filled(commandNames, file?.commands),
    people: filled(roles, file?.people),
  }
}

function trafficOf(
  cwd: string,
  given: string | NonNullable<Config['deployment']>['traffic'],
): DeploymentSettings['traffic'] {
  if (given === undefined) return undefined
  if (typeof given === 'string') return { kind: 'file', path: resolve(cwd, given) }
  return { kind: 'table', days: weekdays.map((day) => given[day]) }
}

/** `06:00-20:30`. */
function hoursOf(text: string): { from: number; to: number } {
  const [, fromHour, fromMinute, toHour, toMinute] =
    /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? []
  if (fromHour === undefined)
    throw new Error(`${JSON.stringify(text)} is not a stretch of a day such as 06:00-20:30`)
  return {
    from: Number(fromHour) * 60 + Number(fromMinute),
    to: (Number(toHour) * 60 + Number(toMinute)) % 1_440,
  }
}

function filled<Name extends string>(
  names: readonly Name[],
  given: Partial<Record<Name, string | undefined>> | undefined,
): Record<Name, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, given?.[name]])) as Record<Name, string | undefined>
}
