import type { NotifyPlan } from '../plan.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { webhookFormats } from './index.ts'
import { isTold, messageOf } from './message.ts'
import { post, type PostOptions } from './post.ts'

/**
 * Tells the team's chat how a rehearsal ended, where the plan wants that; resolves to why it was not told, or
 * undefined. Before it was what the newest earlier rehearsal in the history, of the same project and engine, came to.
 */
export async function tell(
  { url, format, on, link }: NotifyPlan,
  rehearsal: Rehearsal,
  options: PostOptions = {},
): Promise<string | undefined> {
  const previous = rehearsal.trends?.verdicts.at(-2)
  if (!isTold(on, rehearsal.verdict, previous)) return undefined
  return await post(url, webhookFormats[format].body(messageOf(rehearsal, previous, link)), options)
}
