import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { connect, withClient } from '../postgres/client.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { readState, type DatabaseState } from './state.ts'
import { flush } from './touched.ts'

const setup = `
  create type mood as enum ('sad', 'ok');
  create table people (id integer primary key, feeling mood, note text);
  create table parted (n integer) partition by range (n);
  create table parted_1 partition of parted for values from (0) to (10);
  create materialized view summary as select count(*) as people from people;
  create table bystander as select n as id, repeat('x', 1900) as x from generate_series(1, 40000) n;
  insert into people values (1, 'sad', 'a'), (2, 'ok', 'b'); insert into parted values (1);`

/** Each changes what a client reads from the named table, one of them without writing to it. */
const changes: readonly (readonly [string, string])[] = [
  ['insert into people values (3, null, null)', 'public.people'],
  [`update people set note = 'c' where id = 1`, 'public.people'],
  ['delete from people where id = 2', 'public.people'],
  ['insert into parted values (2)', 'public.parted'],
  [`alter type mood rename value 'sad' to 'blue'`, 'public.people'],
  ['refresh materialized view summary', 'public.summary'],
  ['alter table people drop column note', 'public.people'],
  ['alter table parted detach partition parted_1', 'public.parted'],
  ['truncate people', 'public.people'],
]

for (const testServer of testServers) {
  describe(`the state of a database on ${testServer.title}`, () => {
    let server: Server
    const database = 'database_state'

    before(async function () {
      server = await serverOrSkip(testServer, this)
      await server.createDatabase(database)
      await withClient(server.connection(database), (client) => client.query(setup))
      await withClient(server.connection(database), (client) => client.query('vacuum'))
      await withClient(server.connection(database), flush)
      // What was just written to has no mark.
      await sleep(1_100)
    })

    after(async () => {
      await server?.dropDatabase(database)
    })

    it('notices every change and keeps the digests of tables that nobody wrote to', async () => {
      const read = (since?: DatabaseState) =>
        readState({
          connect: () => connect(server.connection(database)),
          ignoreTables: [],
          parallelism: 1,
          ...(since === undefined ? {} : { since }),
        })
      let state = await read()
      for (const [sql, table] of changes) {
        await withClient(server.connection(database), (client) => client.query(sql))
        const next = await read(state)
        expect(next.tables.get(table)?.digest, sql).to.not.equal(state.tables.get(table)?.digest)
        const bystander = next.tables.get('public.bystander')
        expect(bystander, sql).to.deep.equal(state.tables.get('public.bystander'))
        expect(bystander?.touched, sql).to.be.a('string')
        // What was kept is what reading everything anew gives.
        const digests = (tables: DatabaseState['tables']) =>
          [...tables].map(([name, it]) => `${name} ${it.rows} ${it.digest}`)
        expect(digests(next.tables).toSorted(), sql).to.deep.equal(digests((await read()).tables).toSorted())
        state = next
      }
    })
  })
}
