import { availableParallelism, freemem, totalmem } from 'node:os'
import { bytes } from '../reports/text.ts'
import type { Probe } from './probe.ts'

/** Node, Postgres and the app together hardly take less. */
const leastBytes = 1e9

/** Memory and processors of this machine. */
export const memory: Probe = {
  name: 'memory',
  description: 'memory and processors',
  async run() {
    // Under a limit of its own (a container, a CI job) that is what counts.
    const limit = process.constrainedMemory()
    const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
    const available = limit > 0 ? Math.min(process.availableMemory(), total) : freemem()
    const text = `${bytes(available)} of ${bytes(total)} memory free, ${availableParallelism()} processors`
    if (total >= leastBytes) return [{ status: 'ok', text }]
    return [
      { status: 'warning', text, remedy: 'Give it more memory, or expect restores to be ended by signal 9.' },
    ]
  },
}
