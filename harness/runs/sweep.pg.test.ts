import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { startEmbeddedChild } from '../testing/embedded-child.ts'
import { withTmpdir } from '../testing/temporary.ts'
import { ownerFile, processesFile, runsDirectory } from './directory.ts'
import { openRun } from './open-run.ts'
import { thisOwner } from './owner.ts'
import { groupIsThere, processOf } from './processes.ts'
import { sweepRuns } from './sweep.ts'

const dead = { ...thisOwner(), startedAt: 'long ago' }

describe('sweeping runs', () => {
  it('ends the server of a killed program and removes its directory, also when swept twice at once', async () => {
    await withTmpdir(async (temporary) => {
      const child = await startEmbeddedChild({ ending: 'wait', temporary })
      expect(await sweepRuns({ kept: true }), 'a living run is no leaving').to.deep.equal([])
      expect(await answers(child.connection)).to.equal(true)

      child.process.kill('SIGKILL')
      await child.exited
      expect(await answers(child.connection), 'the server outlives its program').to.equal(true)
      const lines = (await Promise.all([sweepRuns({ kept: false }), sweepRuns({ kept: false })])).flat()
      expect(await answers(child.connection)).to.equal(false)
      expect(await readdir(await runsDirectory())).to.deep.equal([])
      expect(lines.filter((line) => line.startsWith('Removed'))).to.deep.equal([
        `Removed the directory of run ${child.id}: ${child.directory}`,
      ])
      expect(lines.join('\n')).to.contain(`Ended the embedded server of run ${child.id}`)
      expect(await sweepRuns({ kept: true })).to.deep.equal([])
    })
  })

  it('leaves what was kept, until kept runs are swept as well', async () => {
    await withTmpdir(async (temporary) => {
      const child = await startEmbeddedChild({ ending: 'keep', temporary })
      expect(await child.exited).to.equal(0)
      expect(await sweepRuns({ kept: false })).to.deep.equal([])
      expect(await answers(child.connection)).to.equal(true)
      expect(await sweepRuns({ kept: true })).to.have.length(2)
      expect(await answers(child.connection)).to.equal(false)
      expect(existsSync(child.directory)).to.equal(false)
    })
  })

  it('ends the process group that a dead run tracked, also when only its children are left', async function () {
    if (process.platform !== 'linux') this.skip()
    await withTmpdir(async () => {
      const shell = spawn('sh', ['-c', 'sleep 300 & read line'], {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      const pid = shell.pid ?? 0
      const startedAt = processOf(pid)?.startedAt ?? ''
      const directory = await leftRun('raaaaaaaaaa', [{ pid, startedAt }])
      shell.stdin.end()
      await once(shell, 'exit')
      expect(groupIsThere(pid, startedAt)).to.equal(true)
      const lines = await sweepRuns({ kept: false })
      expect(lines[0]).to.equal(`Ended process group ${pid} of run raaaaaaaaaa.`)
      expect(groupIsThere(pid, startedAt)).to.equal(false)
      expect(existsSync(directory)).to.equal(false)
    })
  })

  it('leaves a process alone that has the pid of a tracked one but is another', async () => {
    await withTmpdir(async () => {
      const other = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
      const pid = other.pid ?? 0
      const directory = await leftRun('rbbbbbbbbbb', [{ pid, startedAt: 'at another time' }])
      try {
        expect(await sweepRuns({ kept: false })).to.have.length(1)
        expect(existsSync(directory)).to.equal(false)
        expect(processOf(pid)?.zombie).to.equal(false)
      } finally {
        other.kill('SIGKILL')
      }
    })
  })

  it('removes a directory without an owner only once it is a minute old', async () => {
    await withTmpdir(async () => {
      const directory = join(await runsDirectory(), 'rcccccccccc.new')
      await mkdir(directory)
      expect(await sweepRuns({ kept: true })).to.deep.equal([])
      const before = new Date(Date.now() - 61_000)
      await utimes(directory, before, before)
      expect(await sweepRuns({ kept: false })).to.have.length(1)
      expect(existsSync(directory)).to.equal(false)
    })
  })
})

describe('a run', () => {
  it('has its owner in its directory from the first moment, and is gone after dispose', async () => {
    await withTmpdir(async () => {
      const run = await openRun()
      expect(run.id).to.match(/^r[a-z0-9]{10}$/)
      expect(await readdir(run.directory)).to.deep.equal([ownerFile])
      run.track(process.pid)
      expect(await readdir(run.directory)).to.include(processesFile)
      await run.dispose()
      run.untrack(process.pid)
      expect(existsSync(run.directory)).to.equal(false)
    })
  })

  it('stays after dispose when it was kept', async () => {
    await withTmpdir(async () => {
      const run = await openRun()
      run.keep()
      await run.dispose()
      expect(existsSync(run.directory)).to.equal(true)
    })
  })
})

async function leftRun(
  id: string,
  processes: readonly { pid: number; startedAt: string }[],
): Promise<string> {
  const directory = join(await runsDirectory(), id)
  await mkdir(directory)
  await writeFile(join(directory, ownerFile), JSON.stringify(dead))
  await writeFile(join(directory, processesFile), JSON.stringify(processes))
  return directory
}

async function answers(connection: Connection): Promise<boolean> {
  return await withClient(
    connection,
    async (client) => (await client.query('select 1')).rowCount === 1,
  ).catch(() => false)
}
