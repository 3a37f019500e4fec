import { engineLink, engineWords } from './docker-client.ts'
import type { Link } from './docker-link.ts'

/** Engines that are not known by the address at which we reach them. */
const behindAnother = new WeakSet<Link>()

/**
 * Calls `start` with the address to publish on. A machine behind a translated address, or a forwarded port, has no such
 * address of its own: there it is called again without one, after `undo`.
 */
export async function publishing<Result>(
  start: (address: string | undefined) => Promise<Result>,
  undo: () => Promise<unknown>,
): Promise<Result> {
  const link = engineLink()
  if (link === undefined || behindAnother.has(link)) return await start(undefined)
  try {
    return await start(link.dialer.publishAddress())
  } catch (error) {
    if (!/cannot assign requested address/i.test(engineWords(error))) throw error
    behindAnother.add(link)
    await undo()
    return await start(undefined)
  }
}

/** What a rehearsal on this engine cannot tell, or lays open; none when it is on this machine. */
export function remoteLimits(): string[] {
  const link = engineLink()
  if (link === undefined) return []
  const { name, url } = link.endpoint
  const where = behindAnother.has(link)
    ? 'to every address of its machine, which does not know the one it is reached by'
    : `to ${link.dialer.publishAddress()} alone`
  const exposed = `; its port was published ${where}, and its connections went over the network unencrypted`
  return [
    `The server ran on another machine, ${name}, and the times of statements include the way there${url.protocol === 'ssh:' ? '' : exposed}.`,
  ]
}
