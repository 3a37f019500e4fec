import { HarnessError } from '../errors.ts'
import { docker } from './docker.ts'
import { embedded } from './embedded.ts'
import type { Engine, ServerRequest } from './engine.ts'
import { external } from './external.ts'

/** Every engine, by the name `--engine` takes. Add one by registering it here. */
export const engines = { docker, embedded, external } satisfies Record<string, Engine>

export type EngineName = keyof typeof engines

export const engineNames = Object.keys(engines) as EngineName[]

/** What `auto` tries, in this order. */
const automatic = ['docker', 'embedded'] as const satisfies readonly EngineName[]

/**
 * The engine to use for a request and why. `auto` is Docker where it answers and has or can have the image, else
 * embedded. Throws HarnessError `no-engine`, with every reason and remedy, when none would work.
 */
export async function chooseEngine(
  name: EngineName | 'auto',
  request: ServerRequest,
): Promise<{ engine: Engine; reason: string }> {
  const refusals: { name: EngineName; reason: string; remedy: string }[] = []
  for (const candidate of name === 'auto' ? automatic : [name]) {
    const engine = engines[candidate]
    const answer = await engine.probe(request)
    if (answer.available) {
      const instead = refusals.map((refusal) => `; not ${refusal.name}: ${refusal.reason}`).join('')
      const why = name === 'auto' ? '' : 'asked for; '
      return { engine, reason: `${why}${answer.detail}${instead}` }
    }
    refusals.push({ name: candidate, ...answer })
  }
  throw new HarnessError(
    'no-engine',
    `No Postgres to rehearse on. ${refusals.map(({ name: refused, reason }) => `${refused}: ${reason}.`).join(' ')}`,
    { hint: refusals.map(({ remedy }) => remedy).join(' ') },
  )
}
