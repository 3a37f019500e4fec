import { Option, type Command } from 'commander'
import { loadPlan } from '../config.ts'
import { invalid, loadConfigFile } from '../config-file.ts'
import { historyOf } from '../config-history.ts'
import type { Config } from '../config-schema.ts'
import { one } from '../config-values.ts'
import { messageOf } from '../errors.ts'
import type { HistoryPlan, Plan } from '../plan.ts'
import { protectedUrlsOf } from '../protected-urls.ts'
import type { Setting } from '../setting.ts'
import type { RawSettings } from '../raw-settings.ts'
import { settings, type SettingKey } from '../settings.ts'

/** What commander parsed. */
export type Options = Readonly<Record<string, unknown>>

/** The settings that say, beside `backup`, which one is meant and how it is had from where it is kept. */
export const backupPlace = [
  'backupCommand',
  'pgbackrestConfig',
  'pgbackrestDirectory',
  'targetTime',
] as const satisfies readonly SettingKey[]

/** Adds `--config` and the flags of these settings, every one by default. */
export function addSettings(
  command: Command,
  keys: readonly SettingKey[] = settings.map(({ key }) => key),
): void {
  command.addOption(
    new Option(
      '--config <file>',
      'config file (default: rehearsal.config.{ts,js,json}, where there is one)',
    ).env('REHEARSAL_CONFIG'),
  )
  for (const setting of settings as readonly (Setting & { key: SettingKey })[]) {
    if (setting.flag === undefined || !keys.includes(setting.key)) continue
    const fallback = setting.defaultText === undefined ? '' : ` (default: ${setting.defaultText})`
    const option = new Option(setting.flag, `${setting.description}${fallback} [${setting.variable}]`)
    if (setting.list) option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value])
    command.addOption(option)
  }
}

/** The plan that flags, environment and config file make; `given` beats them. Throws HarnessError `invalid-plan`. */
export async function planOf(
  options: Options,
  given: RawSettings = {},
  needs: { readonly needsBackup?: boolean } = {},
): Promise<Plan> {
  return await loadPlan({
    cwd: process.cwd(),
    flags: { ...flagsOf(options), ...given },
    configFile: options['config'] as string | undefined,
    environment: process.env,
    ...needs,
  })
}

/** Where rehearsals are recorded, without the rest of a plan. Throws HarnessError `invalid-plan`. */
export async function historyPlanOf(options: Options): Promise<HistoryPlan> {
  const file = await configFileOf(options)
  try {
    return historyOf({
      cwd: process.cwd(),
      given: one(flagsOf(options).history) ?? (process.env['REHEARSAL_HISTORY'] || undefined),
      file: file.history,
      environment: process.env,
      protectedUrls: protectedUrlsOf(process.env),
    })
  } catch (error) {
    throw invalid([messageOf(error)])
  }
}

/** The config file that the options, the environment or the working directory name. Throws HarnessError `invalid-plan`. */
export async function configFileOf(options: Options): Promise<Config> {
  const named = options['config'] as string | undefined
  return await loadConfigFile(process.cwd(), named ?? process.env['REHEARSAL_CONFIG'])
}

/** What commander parsed, by the setting's key. */
export function flagsOf(options: Options): RawSettings {
  const flags: RawSettings = {}
  for (const setting of settings as readonly (Setting & { key: SettingKey })[]) {
    const name = /^--([a-z-]+)/
      .exec(setting.flag ?? '')?.[1]
      ?.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    const value = name === undefined ? undefined : options[name]
    if (value !== undefined) flags[setting.key] = value === true ? '1' : (value as string | string[])
  }
  return flags
}
