import { readFile } from 'node:fs/promises'

/** Of all processors, in clock ticks. */
export async function processorTimes(): Promise<{ busy: number; all: number }> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number)
  const all = ticks.reduce((sum, it) => sum + it, 0)
  return { all, busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0) }
}
