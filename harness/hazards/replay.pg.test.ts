import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { Client } from 'pg'
import { packageFile } from '../docs.ts'
import type { Server } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { observeFootprints } from '../trace/footprints.ts'
import { openTap } from '../trace/tap.ts'
import { traced } from '../trace/traced.ts'
import type { Hazard, Trace } from './hazard.ts'
import { hazards } from './index.ts'

const template = 'hazards_template'

for (const testServer of testServers.filter(({ engine }) => engine === 'docker')) {
  describe(`hazards, replayed on ${testServer.title}`, function () {
    let server: Server
    let copies = 0

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase(template)
      const setup = await readFile(packageFile('fixtures/locks/setup.sql'), 'utf8')
      await session(server.connection(template), async (client) => void (await client.query(setup)))
    })

    for (const hazard of Object.values<Hazard>(hazards)) {
      it(`${hazard.id} is in its unsafe SQL and not in its safe SQL`, async () => {
        const [unsafe, safe] = [await replay(hazard.id, 'unsafe'), await replay(hazard.id, 'safe')]
        expect(hazard.detect(unsafe), 'unsafe').to.have.length.above(0)
        expect(
          hazard.detect(safe).map(({ what }) => what),
          'safe',
        ).to.deep.equal([])
      })
    }

    async function replay(id: string, file: 'unsafe' | 'safe'): Promise<Trace> {
      const sql = await readFile(packageFile(`fixtures/hazards/${id}/${file}.sql`), 'utf8')
      const name = `hazards_${(copies += 1)}`
      await server.cloneDatabase(template, name)
      try {
        return await traceOf(server.connection(name), sql.split(/;\n/).filter(Boolean))
      } finally {
        await server.dropDatabase(name)
      }
    }
  })
}

async function traceOf(database: Connection, statements: readonly string[]): Promise<Trace> {
  const observer = await observeFootprints(database)
  const tap = await openTap(database, { rounds: observer.rounds })
  try {
    await session({ ...database, host: tap.host, port: tap.port }, async (client) => {
      await client.query('set search_path = shop')
      // What fails is in the trace.
      for (const statement of statements) await client.query(statement).catch(() => {})
    })
    expect(tap.failedInspections).to.deep.equal([])
    const windows = [{ migration: '001', direction: 'up', startedAt: 0, endedAt: null }] as const
    const run = { statements: tap.statements, windows }
    return traced(run, run, observer.footprints)
  } finally {
    await tap.close()
    await observer.close()
  }
}

async function session(database: Connection, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(database)
  client.on('error', () => {})
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
