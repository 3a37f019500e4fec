/** Runs one workload on the connection that the parent names and tells how many milliseconds it took. */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { Connection } from '../harness/postgres/connection.ts'

export type Workload = keyof typeof workloads

const workloads = {
  async migration(client: Client) {
    await client.query('begin')
    for (let index = 0; index < 250; index += 1) {
      await client.query(`create table small_${index} (id integer primary key, name text not null)`)
      await client.query(`alter table small_${index} add column price numeric(10, 2) default 0`)
      await client.query(`create index on small_${index} (name)`)
      await client.query(`insert into small_${index} values ($1, $2)`, [index, `row ${index}`])
    }
    await client.query('rollback')
  },
  async 'round-trips'(client: Client) {
    for (let index = 0; index < 1000; index += 1) await client.query('select 1')
  },
  async inserts(client: Client) {
    await client.query('create temp table inserted (id integer, name text)')
    for (let index = 0; index < 1000; index += 1) {
      await client.query('insert into inserted values ($1, $2)', [index, `row ${index}`])
    }
  },
  async 'large-statement'(client: Client) {
    await client.query('create temp table large (id integer, name text)')
    await client.query(`insert into large select n, 'row ' || n from generate_series(1, 1000000) n`)
  },
  async 'copy-in'(client: Client) {
    await client.query('create temp table copied (line text)')
    const chunk = Buffer.from(`${'x'.repeat(99)}\n`.repeat(640))
    const chunks = Array.from({ length: 200_000_000 / chunk.length }, () => chunk)
    await pipeline(Readable.from(chunks), client.query(copyFrom('copy copied from stdin')))
  },
  async 'copy-out'(client: Client) {
    const query = `copy (select repeat('x', 99) from generate_series(1, 2000000)) to stdout`
    await pipeline(client.query(copyTo(query)), new Writable({ write: (_chunk, _encoding, done) => done() }))
  },
  async rows(client: Client) {
    await client.query({ text: 'select n from generate_series(1, 1000000) n', rowMode: 'array' })
  },
}

process.once('message', async ({ workload, connection }: { workload: Workload; connection: Connection }) => {
  const client = new Client(connection)
  await client.connect()
  const startedAt = performance.now()
  await workloads[workload](client)
  const durationMs = performance.now() - startedAt
  await client.end()
  process.send?.(durationMs)
  process.disconnect()
})
