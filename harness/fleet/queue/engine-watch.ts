import { chooseEngine, engineNames, type EngineName } from '../../engines/index.ts'
import { messageOf } from '../../errors.ts'
import { openRun } from '../../runs/open-run.ts'
import type { FleetSettings } from '../fleet.ts'

/** Where a worker's rehearsals run, as far as its own settings say so. */
export interface EngineSettings {
  readonly engine: EngineName | 'auto'
  readonly postgres: number | undefined
  readonly image: string | undefined
  readonly serverUrl: string | undefined
}

/** What `settings` of a fleet say of the engine, over `base`. */
export function engineSettings(
  { engine, postgres, image, serverUrl }: Pick<FleetSettings, keyof EngineSettings>,
  base: EngineSettings,
): EngineSettings {
  const named = engine === 'auto' ? engine : engineNames.find((name) => name === engine)
  return {
    engine: named ?? base.engine,
    postgres: postgres === undefined ? base.postgres : Number(postgres),
    image: image ?? base.image,
    serverUrl: serverUrl ?? base.serverUrl,
  }
}

/** Knows whether an engine answers, and says so when that changes. */
export interface EngineWatch {
  /** Whether it answers, as seen within the last 10 seconds unless `now`. */
  answers(options?: { readonly now?: boolean }): Promise<boolean>
  /** Since when it has not answered; undefined when it does. */
  silentSince(): Date | undefined
}

const freshMs = 10_000

/**
 * Watches the engine of `settings`; `tell` hears when it stops answering, and when it answers again, before which `onReturn` may put in order what
 * was left on it.
 */
export function watchEngine(
  settings: EngineSettings,
  { tell, onReturn }: { tell: (message: string) => void; onReturn: () => Promise<void> },
): EngineWatch {
  let askedAt = 0
  let silentSince: Date | undefined
  let asking: Promise<boolean> | undefined
  const ask = async () => {
    const problem = await engineProblem(settings)
    askedAt = Date.now()
    if (problem !== undefined && silentSince === undefined)
      tell(`No rehearsal is taken until the engine answers. ${problem}`)
    if (problem === undefined && silentSince !== undefined) {
      await onReturn()
      tell('The engine answers again.')
    }
    silentSince = problem === undefined ? undefined : (silentSince ?? new Date())
    return problem === undefined
  }
  return {
    answers: async ({ now = false } = {}) => {
      if (!now && silentSince === undefined && Date.now() - askedAt < freshMs) return true
      asking ??= ask().finally(() => (asking = undefined))
      return await asking
    },
    silentSince: () => silentSince,
  }
}

/** Why the engine cannot be used now; undefined when it can. */
export async function engineProblem(settings: EngineSettings): Promise<string | undefined> {
  const run = await openRun()
  try {
    const { engine, postgres: major, image, serverUrl } = settings
    await chooseEngine(engine, { major, image, serverUrl, run })
    return undefined
  } catch (error) {
    return messageOf(error)
  } finally {
    await run.dispose()
  }
}
