import { stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { startHeartbeat } from './heartbeat.ts'
import { withTemporary } from './testing/temporary.ts'

describe('the heartbeat', () => {
  it('renews the file that is named, and names it to no child', async () => {
    await withTemporary(async (directory) => {
      const path = join(directory, 'beat')
      for (const time of ['new', 'old'] as const) {
        if (time === 'old') await utimes(path, 1, 1)
        const environment = { REHEARSAL_HEARTBEAT: path }
        startHeartbeat(environment)
        expect(Date.now() - (await stat(path)).mtimeMs, time).to.be.below(5_000)
        expect(environment).to.deep.equal({})
      }
    })
  })

  it('ends nothing when its file cannot be written', () => {
    startHeartbeat({ REHEARSAL_HEARTBEAT: '/nowhere/beat' })
    startHeartbeat({})
  })
})
