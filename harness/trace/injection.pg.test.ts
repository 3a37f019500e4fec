import { expect } from 'chai'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { suiteDatabase } from '../testing/server.ts'
import type { RoundHooks } from './conversation.ts'
import type { Tap } from './tap.ts'
import { openTap } from './tap.ts'

const transactionId = '/* pg-rehearsal */ select pg_current_xact_id_if_assigned()'

describe('own queries on a client’s session', () => {
  let direct: Connection
  suiteDatabase('trace_injection', (connection) => void (direct = connection))

  async function withTap(
    rounds: RoundHooks,
    work: (client: Client, tap: Tap) => Promise<void>,
  ): Promise<Tap> {
    const tap = await openTap(direct, { rounds })
    const client = new Client({ ...direct, host: tap.host, port: tap.port })
    client.on('error', () => {})
    try {
      await client.connect()
      await work(client, tap)
    } finally {
      await client.end().catch(() => {})
      await tap.close()
    }
    return tap
  }

  it('run inside its transaction, and it sees nothing of them', async () => {
    const seen: string[] = []
    const rounds: RoundHooks = {
      before: async (session, sql) => void seen.push(`${session.transaction}: ${sql}`),
      async after(session, statements) {
        if (session.transaction !== 'in-transaction') return
        const [[id = null] = []] = await session.query(transactionId)
        seen.push(`${statements[0]?.text}: ${id === null ? 'no id' : 'id'}`)
      },
    }
    const tap = await withTap(rounds, async (client) => {
      await client.query('begin')
      await client.query('create table seen (a int)')
      const named = { name: 'named', text: 'insert into seen values ($1) returning a', values: [7] }
      expect((await client.query(named)).rows).to.deep.equal([{ a: 7 }])
      await client.query('declare c cursor for select generate_series(1, 3) as n')
      expect((await client.query('fetch c')).rows).to.deep.equal([{ n: 1 }])
      expect((await client.query('fetch c')).rows).to.deep.equal([{ n: 2 }])
      expect((await client.query(named)).rows).to.deep.equal([{ a: 7 }])
      await client.query('commit')
      await pipeline(Readable.from(['1\n', '2\n']), client.query(copyFrom('copy seen from stdin')))
      expect((await client.query(named)).rows).to.deep.equal([{ a: 7 }])
      expect((await client.query('select count(*)::int as n from seen')).rows).to.deep.equal([{ n: 5 }])
      await client.query('drop table seen')
    })
    expect(tap.failedInspections).to.deep.equal([])
    expect(tap.statements.filter(({ text }) => text.includes('pg-rehearsal'))).to.deep.equal([])
    expect(seen).to.deep.equal([
      'idle: begin',
      'begin: no id',
      'create table seen (a int): id',
      'insert into seen values ($1) returning a: id',
      'declare c cursor for select generate_series(1, 3) as n: id',
      'fetch c: id',
      'fetch c: id',
      'insert into seen values ($1) returning a: id',
      'idle: copy seen from stdin',
      'idle: insert into seen values ($1) returning a',
      'idle: select count(*)::int as n from seen',
      'idle: drop table seen',
    ])
  })

  it('can hold a statement in a block that the client knows nothing of', async () => {
    const statuses: string[] = []
    const rounds: RoundHooks = {
      before: async (session) => void (await session.query('/* pg-rehearsal */ begin')),
      async after(session) {
        statuses.push(session.transaction)
        await session.query(`/* pg-rehearsal */ ${session.transaction === 'failed' ? 'rollback' : 'commit'}`)
      },
    }
    const tap = await withTap(rounds, async (client) => {
      await client.query('create table held (a int primary key)')
      await client.query('insert into held values ($1)', [1])
      await client.query('insert into held values (2); insert into held values (3)')
      const failed = await client.query('insert into held values (1)').catch((error: Error) => error.message)
      expect(failed).to.contain('held_pkey')
      expect((await client.query('select a from held order by a')).rows.map(({ a }) => a)).to.deep.equal([
        1, 2, 3,
      ])
      await client.query('drop table held')
    })
    expect(statuses).to.deep.equal([
      'in-transaction',
      'in-transaction',
      'in-transaction',
      'failed',
      'in-transaction',
      'in-transaction',
    ])
    expect(new Set(tap.statements.map(({ transaction }) => transaction))).to.deep.equal(new Set(['idle']))
  })

  it('may fail: the client goes on and the tap says so', async () => {
    const rounds: RoundHooks = {
      before: async (session) => void (await session.query('boom')),
      after: () => Promise.reject(new Error('no')),
    }
    const tap = await withTap(rounds, async (client) => {
      expect((await client.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }])
      await client.query('begin')
      await client.query('rollback')
    })
    expect(tap.failedInspections.map(String)).to.deep.equal([
      'Error: syntax error at or near "boom"',
      'Error: no',
      'Error: syntax error at or near "boom"',
      'Error: no',
      'Error: no',
    ])
  })

  it('end with a connection that is lost meanwhile', async () => {
    const rounds: RoundHooks = {
      before: async (session) => void (await session.query('select pg_terminate_backend(pg_backend_pid())')),
      after: async () => {},
    }
    const tap = await withTap(rounds, async (client) => {
      expect(await client.query('select 1').catch((error: unknown) => error)).to.be.instanceOf(Error)
    })
    expect(tap.failedInspections).to.have.lengthOf(1)
  })

  it('may cut the connection: what the server has done stays, and the client does not hear of it', async () => {
    const rounds: RoundHooks = {
      before: async () => {},
      after: async (session) => session.cut(),
    }
    await withTap(rounds, async (client) => {
      const error = await client.query('create table done ()').catch((thrown: unknown) => thrown)
      expect(String(error)).to.contain('Connection terminated unexpectedly')
    })
    await withClient(direct, async (client) => {
      const { rows } = await client.query(`select to_regclass('done')::text as made`)
      expect(rows).to.deep.equal([{ made: 'done' }])
    })
  })
})
