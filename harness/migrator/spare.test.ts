import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { messageOf } from '../errors.ts'
import { openRun } from '../runs/open-run.ts'
import { withTemporary } from '../testing/temporary.ts'
import { nowhere } from './environment.ts'
import { runMigrator } from './migrator.ts'
import { openSpares } from './spare.ts'

const base = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }

describe('spare children of the migrator', () => {
  it('live in the environment that comes with their request, and end when nobody takes them', () =>
    withTemporary(async (cwd) => {
      const path = join(cwd, 'migrations.ts')
      await writeFile(path, 'throw new Error(JSON.stringify([process.env.EARLY, process.env.LATE]))')
      await symlink(packageFile('node_modules'), join(cwd, 'node_modules'))
      const run = await openRun()
      const spares = await openSpares({ environment: { ...base, EARLY: 'yes' }, cwd, path, run })
      try {
        spares.prepare(2)
        spares.prepare(2)
        const source = {
          path,
          exportName: undefined,
          tableName: undefined,
          tableSchema: undefined,
          allowUnordered: false,
        }
        const options = { connection: nowhere, cwd, stallTimeoutMs: 10_000, run, spares }
        const environment = { ...base, LATE: 'yes' }
        const error = await runMigrator(
          { operation: 'list', source, steps: 0 },
          { ...options, environment },
        ).catch(messageOf)
        expect(error).to.contain('[null,"yes"]')
        const last = spares.take()
        expect(last?.process.connected).to.equal(true)
        expect(spares.take()).to.equal(undefined)
        last?.process.disconnect()
        await last?.exited
        spares.prepare()
        await spares.end()
        expect(spares.take()).to.equal(undefined)
      } finally {
        await spares.end()
        await run.dispose()
      }
    }))

  it('are none where modules are preloaded that would read their environment too early', async () => {
    const run = await openRun()
    try {
      for (const early of [{ NODE_OPTIONS: '--import ./telemetry.js' }, { PG_REHEARSAL_BLOCKED: '[]' }]) {
        const spares = await openSpares({ environment: { ...base, ...early }, cwd: '/', path: '/', run })
        spares.prepare()
        expect(spares.take()).to.equal(undefined)
      }
    } finally {
      await run.dispose()
    }
  })
})
