import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { isAlive, parseOwner, thisOwner } from './owner.ts'
import { processOf } from './processes.ts'

describe('an owner', () => {
  it('is alive while its process is', async () => {
    const child = spawn('sleep', ['60'])
    const pid = child.pid ?? 0
    const owner = { ...thisOwner(), pid, startedAt: processOf(pid)?.startedAt ?? '' }
    expect(isAlive(thisOwner())).to.equal(true)
    expect(isAlive(owner)).to.equal(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isAlive(owner)).to.equal(false)
  })

  it('is dead when its pid belongs to a process that started at another time', () => {
    expect(isAlive({ ...thisOwner(), startedAt: 'yesterday' })).to.equal(false)
  })

  it('counts as alive on another host', () => {
    expect(isAlive({ host: 'elsewhere', pid: 1, startedAt: 'yesterday' })).to.equal(true)
  })

  it('survives a round trip as JSON with further keys', () => {
    expect(parseOwner(JSON.stringify({ tool: 'x', ...thisOwner() }))).to.deep.equal(thisOwner())
  })

  for (const text of ['', 'prod copy, do not drop', '{}', 'null', '{"host":"h","pid":"1","startedAt":"s"}']) {
    it(`is not read from ${JSON.stringify(text)}`, () => {
      expect(parseOwner(text)).to.equal(undefined)
    })
  }
})
