import type { Client } from 'pg'
import { settingLiterals } from '../engines/database-settings.ts'
import type { Server } from '../engines/engine.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { parseConf } from './parse-conf.ts'
import type { ConfSetting } from './parse-conf.ts'
import { preloadable } from './preload.ts'
import { machineOf } from './machine.ts'
import { whyNot } from './why-not.ts'

/** What became of the settings. */
export interface AppliedSettings {
  /** `work_mem = 64MB`; of an app's own ones (`app.jwt_secret`) the name alone. */
  readonly applied: readonly string[]
  /** Name and reason; no values, which may be secrets. */
  readonly leftOut: readonly string[]
}

/**
 * Gives a server of ours production's settings, as far as they are safe and possible here, and restarts it where one
 * of them wants that. Throws HarnessError `settings-not-applied` when it does not come up with them.
 */
export async function applySettings(server: Server, conf: string): Promise<AppliedSettings> {
  const { settings, unread } = parseConf(conf)
  const leftOut = unread.map(() => 'a line that is no setting')
  const { applied, restart } = await withClient(server.connection('postgres'), async (client) => {
    const applied = await setAll(client, settings, leftOut)
    await client.query('select pg_catalog.pg_reload_conf()')
    return { applied, restart: applied.length > 0 }
  })
  if (restart) await restartWith(server, applied)
  const wrong = await withClient(server.connection('postgres'), notInForce)
  return {
    applied: applied.filter(({ name }) => !wrong.has(name)).map(shown),
    leftOut: [...leftOut, ...[...wrong].map(([name, why]) => `${name}: ${why}`)],
  }
}

function shown({ name, value }: ConfSetting): string {
  return name.includes('.') ? name : `${name} = ${value}`
}

async function setAll(
  client: Client,
  settings: readonly ConfSetting[],
  leftOut: string[],
): Promise<ConfSetting[]> {
  const machine = await machineOf(client)
  const applied: ConfSetting[] = []
  for (const setting of settings) {
    const { name } = setting
    const why = whyNot(setting, settings, machine)
    if (why !== undefined) {
      leftOut.push(`${name}: ${why}`)
      continue
    }
    const { value, missing } =
      name === 'shared_preload_libraries'
        ? await preloadable(client, setting.value)
        : { value: setting.value, missing: [] }
    leftOut.push(...missing.map((library) => `${name}: ${library}`))
    try {
      await client.query(
        `alter system set ${client.escapeIdentifier(name)} to ${settingLiterals(name, value)}`,
      )
      applied.push({ name, value })
    } catch (error) {
      leftOut.push(`${name}: ${messageOf(error)}`)
    }
  }
  return applied
}

/** All of them at once rather than those alone that need it: what is measured starts from a known state. */
async function restartWith(server: Server, applied: readonly ConfSetting[]): Promise<void> {
  try {
    await server.restart()
  } catch (cause) {
    throw new HarnessError(
      'settings-not-applied',
      `Postgres does not start with production's settings (${applied.map(({ name }) => name).join(', ')}): ${messageOf(cause)}`,
      {
        hint: 'Leave those that this machine cannot have out of the file that --postgresql-conf names.',
        cause,
      },
    )
  }
}

/** Settings that Postgres read and refused, with its reasons. */
async function notInForce(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; error: string }>(
    `select name, error from pg_catalog.pg_file_settings
      where error is not null and name is not null and sourcefile like '%postgresql.auto.conf'`,
  )
  return new Map(rows.map(({ name, error }) => [name, error]))
}
