import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Clones } from '../clones/clones.ts'
import { templateClones } from '../clones/template-clones.ts'
import { loadPlan } from '../config.ts'
import { packageFile } from '../docs.ts'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import type { Finding, StaircaseStep } from '../rehearsal.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { openSteps } from './migrator-steps.ts'
import { climbStairs } from './staircase.ts'
import { listMigrations } from './trace-migrator.ts'

const folder = packageFile('fixtures/rollbacks')

/** By set and migration, the id of each finding that is no notice, and a part of its message. */
const expected: Record<string, Record<string, readonly (readonly [string, string])[]>> = JSON.parse(
  await readFile(`${folder}/expected.json`, 'utf8'),
)

for (const testServer of testServers.filter(({ engine }) => engine === 'docker')) {
  describe(`the staircase on ${testServer.title}`, function () {
    this.timeout(600_000)
    let server: Server
    let run: Run
    let database: string
    let clones: Clones

    before(async function () {
      server = await serverOrSkip(testServer, this)
      run = await openRun()
      database = `rollbacks_${run.id}`
      await server.createDatabase(database)
      const sql = await readFile(`${folder}/base.sql`, 'utf8')
      clones = templateClones(server, database)
      await withClient(server.connection(database), async (client) => {
        for (const schema of ['good', 'bad']) {
          await client.query(`create schema ${schema}; set search_path = ${schema}; ${sql}`)
        }
      })
    })

    after(async () => {
      await server?.dropDatabase(database)
      await run?.dispose()
    })

    it('finds every defect of a down and names it, and nothing in a faithful one', async () => {
      const names = Object.keys(expected)
      const results: [string, Awaited<ReturnType<typeof climbSet>>][] = []
      // Two at a time, on copies of their own.
      const climbs = names.slice(0, 2).map(async () => {
        for (let name = names.shift(); name !== undefined; name = names.shift()) {
          results.push([name, await climbSet(name)])
        }
      })
      await Promise.all(climbs)
      for (const [name, result] of results) judgeSet(name, result)
    })

    async function climbSet(name: string): Promise<{ steps: StaircaseStep[]; findings: Finding[] }> {
      const plan = await loadPlan({
        cwd: folder,
        flags: { backup: 'base.sql', migrations: name },
        configFile: undefined,
        environment: {},
      })
      const given = { plan, run, signal: new AbortController().signal, beganAt: 0 }
      const { listed } = await listMigrations(given)
      return climbStairs({
        clones,
        purpose: 'stairs',
        open: (connection) => openSteps(given, connection, () => {}),
        pending: listed.map(({ name }) => name),
        withoutDown: new Set(listed.filter(({ hasDown }) => !hasDown).map(({ name }) => name)),
        ignoreTables: ['kysely_migration', 'kysely_migration_lock'].map((name) => ({
          schema: undefined,
          name,
        })),
        allowed: [],
        known: new Map(),
        parallelism: 1,
      })
    }
  })
}

function judgeSet(set: string, { steps, findings }: { steps: StaircaseStep[]; findings: Finding[] }): void {
  const defects = expected[set] ?? {}
  const names = steps.map(({ migration }) => migration)
  expect(names.filter((name) => name.endsWith('_defect'))).to.deep.equal(Object.keys(defects))
  expect(names.filter((name) => name.endsWith('_faithful'))).to.have.lengthOf(Object.keys(defects).length)
  for (const { migration, verdict } of steps) {
    const found = findings.filter((it) => it.subject === migration && it.severity !== 'notice')
    const told = `${migration} is ${verdict}:\n${found.map(({ id, message }) => `${id}: ${message}`).join('\n')}`
    const wanted = defects[migration] ?? []
    for (const [id, text] of wanted) {
      expect(
        found.some((it) => it.id === id && it.message.includes(text)),
        `${id} ${text}; ${told}`,
      ).to.equal(true)
    }
    expect(found, told).to.have.lengthOf(wanted.length)
    expect(verdict === 'faithful', told).to.equal(wanted.length === 0)
  }
}
