import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { bytes } from '../reports/text.ts'
import type { Probe } from './probe.ts'

/** With less than this free, hardly any backup fits. */
const leastBytes = 2e9

/** Room for what is restored. Docker's own disk can be another one. */
export const disk: Probe = {
  name: 'disk',
  description: 'free room for the restored data',
  async run({ backup }) {
    const { bavail, bsize } = await statfs(tmpdir())
    const free = bavail * bsize
    const needed = backup === undefined ? leastBytes : backup.bytes * (backup.compression === 'none' ? 5 : 20)
    const text = `${bytes(free)} free in ${tmpdir()}, of ${bytes(needed)} that may be needed`
    const remedy = 'Free some space, or set TMPDIR to a directory on a larger disk.'
    return [free >= needed ? { status: 'ok', text } : { status: 'problem', text, remedy }]
  },
}
