import { readFile } from 'node:fs/promises'
import type { Client } from 'pg'
import type { Server } from '../engines/engine.ts'
import { connect } from '../postgres/client.ts'

let count = 0
const templates = new WeakMap<Server, Promise<string>>()

/** A database on `server`, a copy of `fixtures/kitchen-sink.sql` of the caller's own; returns its name. */
export async function kitchenSink(server: Server): Promise<string> {
  const template = templates.get(server) ?? load(server)
  templates.set(server, template)
  return cloneOf(server, await template)
}

/** A copy of a database that nobody is connected to; returns its name. */
export async function cloneOf(server: Server, source: string): Promise<string> {
  const name = `sink_${(count += 1)}`
  await server.cloneDatabase(source, name)
  return name
}

/** A session in `database`, closed when its scope ends. */
export async function session(server: Server, database: string): Promise<Client & AsyncDisposable> {
  const client = await connect(server.connection(database))
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

async function load(server: Server): Promise<string> {
  const sql = await readFile(new URL('../../fixtures/kitchen-sink.sql', import.meta.url), 'utf8')
  await server.createDatabase('kitchen_sink')
  await using client = await session(server, 'kitchen_sink')
  await client.query(sql)
  return 'kitchen_sink'
}
