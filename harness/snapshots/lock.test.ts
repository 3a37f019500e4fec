import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { thisOwner } from '../runs/owner.ts'
import { withTemporary } from '../testing/temporary.ts'
import { takeLock } from './lock.ts'
import { stateDirectory } from './state-directory.ts'

const never = new AbortController().signal

describe('the lock of a snapshot', () => {
  it('is held by one at a time', async () => {
    await withState(async () => {
      let holders = 0
      let most = 0
      const waits: number[] = []
      const work = async () => {
        const lock = await takeLock('key', { signal: never, onWait: ({ pid }) => void waits.push(pid) })
        most = Math.max(most, (holders += 1))
        await sleep(20)
        holders -= 1
        await lock.release()
        await lock.release()
      }
      await Promise.all([work(), work(), work()])
      expect(most).to.equal(1)
      expect(waits).to.include(process.pid)
    })
  })

  it('is nobody’s when its holder died, whoever comes first', async () => {
    await withState(async () => {
      const path = join(await stateDirectory('locks'), 'key.lock')
      await writeFile(path, JSON.stringify({ ...thisOwner(), startedAt: 'another boot' }))
      let holders = 0
      const take = async () => {
        const lock = await takeLock('key', { signal: never, onWait: () => {} })
        expect((holders += 1)).to.equal(1)
        await sleep(10)
        holders -= 1
        await lock.release()
      }
      await Promise.all(Array.from({ length: 8 }, take))
    })
  })

  it('is waited for no longer than asked', async () => {
    await withState(async () => {
      const lock = await takeLock('key', { signal: never, onWait: () => {} })
      const waiting = takeLock('key', { signal: AbortSignal.timeout(50), onWait: () => {} })
      expect(await waiting.catch((error: unknown) => (error as Error).name)).to.equal('TimeoutError')
      await lock.release()
    })
  })
})

async function withState(work: () => Promise<void>): Promise<void> {
  await withTemporary(async (directory) => {
    const before = process.env['REHEARSAL_STATE']
    process.env['REHEARSAL_STATE'] = directory
    try {
      await work()
    } finally {
      if (before === undefined) delete process.env['REHEARSAL_STATE']
      else process.env['REHEARSAL_STATE'] = before
    }
  })
}
