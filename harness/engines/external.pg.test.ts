import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { urlOf } from '../postgres/url.ts'
import { openRun } from '../runs/open-run.ts'
import { thisOwner } from '../runs/owner.ts'
import type { Run } from '../runs/run.ts'
import { sharedServer } from '../testing/server.ts'
import { withTmpdir } from '../testing/temporary.ts'
import type { Server } from './engine.ts'
import { external } from './external.ts'
import { createDatabase } from './sql-databases.ts'

const password = `p@ss:/w'ord`
const dead = { ...thisOwner(), startedAt: 'long ago' }

describe('the external engine', () => {
  let admin: Connection
  let role: Connection

  before(async () => {
    const server = await sharedServer()
    admin = server.connection('postgres')
    role = { ...admin, user: 'rehearser', password }
    await withClient(admin, (client) =>
      client.query(`create role rehearser login createdb password ${client.escapeLiteral(password)};
                    create role onlooker login password ${client.escapeLiteral(password)}`),
    )
  })

  after(async () => {
    await withClient(admin, (client) => client.query('drop role rehearser; drop role onlooker'))
  })

  describe('refuses', () => {
    const cases: [string, () => Partial<Parameters<typeof external.probe>[0]>, RegExp][] = [
      ['no server', () => ({ serverUrl: undefined }), /no server is named/],
      ['what is no URL', () => ({ serverUrl: 'host=x' }), /not a postgres:\/\/ URL/],
      ['a server that is not there', () => ({ serverUrl: urlOf({ ...role, port: 1 }) }), /ECONNREFUSED/],
      [
        'a wrong password',
        () => ({ serverUrl: urlOf({ ...role, password: 'secret' }) }),
        /password authentication/,
      ],
      [
        'a role that may not create',
        () => ({ serverUrl: urlOf({ ...role, user: 'onlooker' }) }),
        /may not create/,
      ],
      ['another major', () => ({ major: 12 }), /runs Postgres \d+\.\d+, and Postgres 12 is asked for/],
      ['an image', () => ({ image: 'postgis' }), /needs Docker/],
    ]
    for (const [what, change, reason] of cases) {
      it(`${what}, with a remedy and no secret`, async () => {
        const answer = await external.probe({ ...requestFor(role), ...change() })
        if (answer.available) throw new Error('it is available')
        expect(answer.reason).to.match(reason)
        expect(answer.remedy).not.to.equal('')
        expect(JSON.stringify(answer)).not.to.contain(password).and.not.to.contain('secret')
      })
    }

    it('to start what its probe refuses', async () => {
      const error = await external.start(requestFor({ ...role, port: 1 })).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HarnessError)
    })
  })

  it('makes, clones and drops databases of the run, as a role that is no superuser', async () => {
    await withServer(role, async (server, run) => {
      expect(server).to.include({ engine: 'external', owned: false })
      await server.createDatabase(`${run.id}_one`)
      await server.cloneDatabase(`${run.id}_one`, `${run.id}_two`)
      expect(await databasesOf(admin, run.id)).to.deep.equal([`${run.id}_one`, `${run.id}_two`])
      await server.dropDatabase(`${run.id}_one`)
      expect(await databasesOf(admin, run.id)).to.deep.equal([`${run.id}_two`])
      await server.stop()
      await server.stop()
      expect(await databasesOf(admin, run.id)).to.deep.equal([])
    })
  })

  it('touches no database but its own', async () => {
    await withServer(role, async (server) => {
      for (const work of [
        () => server.createDatabase('mine'),
        () => server.cloneDatabase('template1', 'mine'),
        () => server.dropDatabase('postgres'),
      ]) {
        expect(String(await work().catch((thrown: unknown) => thrown))).to.match(/run/)
      }
    })
    expect(await databasesOf(admin, 'mine')).to.deep.equal([])
  })

  it('says how to connect without the password', async () => {
    await withServer(role, async (server) => {
      const { connect } = await server.hints(`it's`)
      expect(connect).to.equal(`psql -h 127.0.0.1 -p ${role.port} -U rehearser -d 'it'\\''s'`)
    })
  })

  it('sweeps databases of dead runs, with a sibling killed before it had its comment, and no others', async () => {
    const comment = JSON.stringify({
      tool: 'pg-rehearsal',
      ...dead,
      createdAt: new Date().toISOString(),
      kept: false,
    })
    await createDatabase(role, 'rdeaddeadde_one', { comment })
    await createDatabase(role, 'rdeaddeadde_two')
    await createDatabase(role, 'rdeaddeadde_copy', { comment: 'mine now' })
    await createDatabase(role, 'reservations_archive')
    await createDatabase(role, 'reservation_archive', { comment: JSON.stringify(dead) })
    await withServer(role, async (server, run) => {
      await server.createDatabase(`${run.id}_living`)
      const lines = await external.sweep({ serverUrl: urlOf(role), kept: false })
      expect(lines).to.deep.equal([
        `Dropped database rdeaddeadde_one on 127.0.0.1:${role.port}.`,
        `Dropped database rdeaddeadde_two on 127.0.0.1:${role.port}.`,
      ])
      expect(await external.sweep({ serverUrl: urlOf(role), kept: true })).to.deep.equal([])
      const left = [`${run.id}_living`, 'rdeaddeadde_copy', 'reservation_archive', 'reservations_archive']
      expect(await databasesOf(admin, 'r')).to.have.members(left)
    })
    await withClient(admin, async (client) => {
      await client.query('drop database rdeaddeadde_copy')
      await client.query('drop database reservations_archive')
      await client.query('drop database reservation_archive')
    })
  })

  it('leaves what was kept, until kept databases are swept as well', async () => {
    await withServer(role, async (server, run) => {
      await server.createDatabase(`${run.id}_kept`)
      await server.keep()
      expect(await external.sweep({ serverUrl: urlOf(role), kept: false })).to.deep.equal([])
      expect(await external.sweep({ serverUrl: urlOf(role), kept: true })).to.have.length(1)
      expect(await databasesOf(admin, run.id)).to.deep.equal([])
    })
  })

  it('has nothing to sweep where no server is named or none answers', async () => {
    expect(await external.sweep({ serverUrl: undefined, kept: true })).to.deep.equal([])
    expect(await external.sweep({ serverUrl: urlOf({ ...role, port: 1 }), kept: true })).to.deep.equal([])
  })
})

function requestFor(connection: Connection, run = {} as Run) {
  return { major: undefined, image: undefined, serverUrl: urlOf(connection), run }
}

async function withServer(
  connection: Connection,
  work: (server: Server, run: Run) => Promise<void>,
): Promise<void> {
  await withTmpdir(async () => {
    const run = await openRun()
    const server = await external.start(requestFor(connection, run))
    try {
      await work(server, run)
    } finally {
      await server.stop()
      await run.dispose()
    }
  })
}

async function databasesOf(admin: Connection, prefix: string): Promise<string[]> {
  return await withClient(admin, async (client) => {
    const sql = 'select datname as name from pg_database where starts_with(datname::text, $1) order by 1'
    return (await client.query<{ name: string }>(sql, [prefix])).rows.map((row) => row.name)
  })
}
