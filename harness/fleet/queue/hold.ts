import { keepClaim, type Claim } from './claim.ts'
import type { FleetQueue } from './queue.ts'

/** Keeps a claim, as long as the queue lets it be kept. */
export interface Hold {
  /** Aborts when the claim is lost: another worker may have the rehearsal by then. */
  readonly signal: AbortSignal
  /** Why it is lost; undefined while it is held. */
  lost(): string | undefined
  release(): void
}

/**
 * Says that this worker lives, three times in the time after which it is taken for dead. The claim is lost when the
 * queue says so, and when it could not be told in time: nobody here knows then whether another worker has it.
 */
export function holdClaim(queue: FleetQueue, claim: Claim): Hold {
  const controller = new AbortController()
  const limitMs = claim.heartbeatS * 1_000
  let toldAt = Date.now()
  let why: string | undefined
  const lose = (reason: string) => {
    why ??= reason
    controller.abort()
    clearInterval(timer)
  }
  const beat = async () => {
    const at = Date.now()
    const isKept = await keepClaim(queue, claim).catch(() => undefined)
    if (isKept === true) toldAt = at
    else if (isKept === false) lose('Another worker has it, or it was cancelled.')
  }
  const timer = setInterval(() => {
    if (Date.now() - toldAt >= limitMs)
      lose(`The queue could not be told for ${claim.heartbeatS} s that it goes on here.`)
    else void beat()
  }, limitMs / 3)
  return { signal: controller.signal, lost: () => why, release: () => clearInterval(timer) }
}
