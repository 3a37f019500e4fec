import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectOf } from './config-history.ts'
import type { Config } from './config-schema.ts'
import { mergeSettings } from './merge-settings.ts'

/** Names the file with a `Layer`, of a rehearsal that belongs to a fleet. */
export const layerVariable = 'PG_REHEARSAL_LAYER'

/** What a database of a fleet has of its own, above the config file. */
export interface Layer {
  /** Its rehearsals are recorded as a project of their own, as those of another database are no comparison. */
  readonly database: string
  readonly settings: Config
  /** What holds where neither these nor the config file say anything. */
  readonly beneath: Config
  /** Takes the certificate that the config file asks for, as its path cannot be that of many databases. */
  readonly directory: string
}

/** The config file, or what the fleet makes of it for one of its databases. */
export async function withLayer(
  file: Config,
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<Config> {
  const path = environment[layerVariable]
  return path === undefined ? file : layered(file, JSON.parse(await readFile(path, 'utf8')), cwd)
}

/** The settings of a fleet's database over those of the config file. */
export function layered(
  file: Config,
  { database, settings, beneath, directory }: Layer,
  cwd: string,
): Config {
  const all = mergeSettings(mergeSettings(beneath, file), settings)
  const { project = projectOf(cwd) } = objectOf(file.history)
  const certificate =
    all.certificate?.path === undefined || settings.certificate?.path !== undefined
      ? all.certificate
      : { ...all.certificate, path: join(directory, 'certificate.json') }
  return {
    ...all,
    history: {
      ...objectOf(all.history),
      project: objectOf(settings.history).project ?? `${project}/${database}`,
    },
    ...(certificate === undefined ? {} : { certificate }),
  }
}

type History = Exclude<Config['history'], string | undefined>

function objectOf(history: Config['history']): History {
  return typeof history === 'string' ? { path: history } : (history ?? {})
}
