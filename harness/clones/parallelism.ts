import { availableParallelism, freemem } from 'node:os'

/** What a server takes with a question at work on it: its shared buffers, its sessions, and the question's own process. */
const serverBytes = 768 * 1024 * 1024

/** What a question takes on a copy within a server that is there: its sessions and its own process. */
const sessionBytes = 256 * 1024 * 1024

/** How many questions are worth having at work at once: as many as were asked for, else what cores and memory allow, at most 4. */
export function parallelismOf(each: 'server' | 'database', asked: number | undefined): number {
  const bytes = each === 'server' ? serverBytes : sessionBytes
  return asked ?? Math.max(1, Math.min(4, availableParallelism(), Math.floor(freemem() / bytes)))
}
