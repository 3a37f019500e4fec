import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import type { Footprint } from './footprint.ts'
import { observeFootprints } from './footprints.ts'
import type { LockMode } from '../postgres/lock-mode.ts'
import { lockModes } from '../postgres/lock-mode.ts'
import { lockModeOf } from './locks.ts'
import { openTap } from './tap.ts'

const template = 'locks_template'
const truthTable = readTruthTable()

for (const testServer of testServers.filter(({ engine }) => engine === 'docker')) {
  describe(`footprints of statements, ${testServer.title}`, function () {
    let server: Server
    let copies = 0

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase(template)
      const setup = await readFile(new URL('../../fixtures/locks/setup.sql', import.meta.url), 'utf8')
      await session(server.connection(template), async (client) => void (await client.query(setup)))
    })

    async function onCopy<Result>(work: (database: Connection) => Promise<Result>): Promise<Result> {
      const name = `locks_${(copies += 1)}`
      await server.cloneDatabase(template, name)
      try {
        return await work(server.connection(name))
      } finally {
        await server.dropDatabase(name)
      }
    }

    for (const row of truthTable) {
      const places = row.alone ? ['outside'] : ['inside', 'outside']
      it(`are right ${places.join(' and ')} a transaction: ${row.sql}`, async function () {
        // Polling from outside may miss a lock that is only held for a moment, unless what it was for shows.
        if (row.alone && row.rewrites === '') this.retries(5)
        if (!row.alone) expect(await onCopy((copy) => independent(copy, row.sql))).to.equal(sorted(row.locks))
        const expected = {
          locks: sorted(row.locks),
          rewrites: sorted(row.rewrites),
          reads: sorted(row.reads),
        }
        for (const place of places) {
          const statements = place === 'inside' ? ['begin', row.sql, 'commit'] : [row.sql]
          const [footprint, ...others] = await onCopy((copy) => traced(copy, statements))
          expect(others).to.deep.equal([])
          expect(footprint && told(footprint), place).to.deep.equal(expected)
        }
      })
    }
  })
}

async function traced(database: Connection, statements: readonly string[]): Promise<readonly Footprint[]> {
  const observer = await observeFootprints(database)
  const tap = await openTap(database, { rounds: observer.rounds })
  try {
    await session({ ...database, host: tap.host, port: tap.port }, async (client) => {
      await client.query('set search_path = shop')
      for (const statement of statements) await client.query(statement)
    })
    expect(tap.failedInspections).to.deep.equal([])
  } finally {
    await tap.close()
    await observer.close()
  }
  return observer.footprints
}

/** What a session of its own, without any of our code, sees of its locks. */
async function independent(database: Connection, sql: string): Promise<string> {
  return session(database, async (client) => {
    await client.query('set search_path = shop')
    const { rows: before } = await client.query<{ oid: number; name: string }>(
      `select oid::int, relname as name from pg_class where relnamespace = 'shop'::regnamespace and relkind in ('r', 'p', 'v', 'm')`,
    )
    await client.query('begin')
    await client.query(sql)
    const { rows } = await client.query<{ relation: number; mode: string }>(
      `select relation::int, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'`,
    )
    await client.query('commit')
    return strongest(
      rows.flatMap(({ relation, mode }) => {
        const known = before.find(({ oid }) => oid === relation)
        return known === undefined ? [] : [{ name: known.name, mode: lockModeOf(mode) }]
      }),
    )
  })
}

function told({ locks, rewritten, scans }: Footprint): Omit<Row, 'sql' | 'alone'> {
  const tables = locks.filter(({ relation }) => ['r', 'p', 'v', 'm'].includes(relation.kind))
  return {
    locks: strongest(tables.map(({ relation, mode }) => ({ name: bare(relation.name), mode }))),
    rewrites: sorted(rewritten.map(({ name }) => bare(name)).join(', ')),
    reads: sorted(
      scans
        .filter(({ rows, of }) => rows >= of)
        .map(({ relation }) => bare(relation.name))
        .join(', '),
    ),
  }
}

const bare = (name: string): string => name.replace('shop.', '')

function strongest(locks: readonly { name: string; mode: LockMode }[]): string {
  const byName = Map.groupBy(locks, ({ name }) => name)
  const lines = [...byName].map(([name, held]) => {
    const index = Math.max(...held.map(({ mode }) => lockModes.indexOf(mode)))
    return `${name} ${lockModes[index]}`
  })
  return lines.toSorted().join(', ')
}

function sorted(list = ''): string {
  return list.split(', ').filter(Boolean).toSorted().join(', ')
}

async function session<Result>(
  database: Connection,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(database)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

interface Row {
  readonly sql: string
  readonly locks: string
  readonly rewrites: string
  readonly reads: string
  readonly alone: boolean
}

function readTruthTable(): Row[] {
  const text = readFileSync(new URL('../../fixtures/locks/truth-table.md', import.meta.url), 'utf8')
  return [...text.matchAll(/^\| *`(.*?)` *\|(.*?)\|(.*?)\|(.*?)\|(.*?)\|$/gm)].map((cells) => {
    const [sql = '', locks = '', rewrites = '', reads = '', alone = ''] = cells
      .slice(1)
      .map((cell) => cell.trim())
    return { sql, locks, rewrites, reads, alone: alone === 'alone' }
  })
}
