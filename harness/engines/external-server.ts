import { escapeIdentifier, escapeLiteral } from 'pg'
import { clientToolVersion, runClientTool } from '../postgres/client-tools.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Run } from '../runs/run.ts'
import type { Server } from './engine.ts'
import { shellCommand } from './shell-command.ts'
import { cloneDatabase, createDatabase, dropDatabase } from './sql-databases.ts'

/**
 * The Server contract over somebody's server: databases must have names that begin with the run's id, and carry the
 * owner as a comment; no other database can be dropped through it.
 */
export function externalServer(admin: Connection, version: string, run: Run): Server {
  const made = new Set<string>()
  const make = async <Made>(name: string, work: (comment: string) => Promise<Made>): Promise<Made> => {
    if (!name.startsWith(run.id))
      throw new Error(`Database ${name} would not begin with the run's id ${run.id}.`)
    made.add(name)
    return await work(databaseComment(run, false))
  }
  const drop = async (name: string) => {
    if (!made.has(name)) throw new Error(`Database ${name} is not one of run ${run.id}.`)
    await dropDatabase(admin, name)
    made.delete(name)
  }
  return {
    engine: 'external',
    version,
    major: Number.parseInt(version, 10),
    image: null,
    owned: false,
    toolsReadFiles: true,
    egress: { blocked: false, why: 'the server is not ours' },
    connection: (database) => ({ ...admin, database }),
    toolVersion: clientToolVersion,
    runTool: async (tool, args, { database, ...options }) =>
      await runClientTool(tool, args, { ...admin, database }, options),
    createDatabase: async (name, options) =>
      await make(name, async (comment) => await createDatabase(admin, name, { ...options, comment })),
    cloneDatabase: async (source, target) =>
      await make(target, async (comment) => await cloneDatabase(admin, source, target, { comment })),
    dropDatabase: drop,
    restart: () => Promise.reject(new Error('The server is not ours to restart.')),
    hints: async (database) => ({ connect: connectCommand(admin, database), remove: 'rehearse clean' }),
    keep: async () => {
      run.keep()
      await commentAll(admin, made, databaseComment(run, true))
    },
    stop: async () => {
      for (const name of made) await drop(name)
    },
  }
}

/** What a later sweep reads: whose the database is, and whether it was kept. */
function databaseComment({ owner }: Run, kept: boolean): string {
  return JSON.stringify({ tool: 'pg-rehearsal', ...owner, createdAt: new Date().toISOString(), kept })
}

async function commentAll(admin: Connection, names: ReadonlySet<string>, comment: string): Promise<void> {
  await withClient(admin, async (client) => {
    for (const name of names) {
      await client.query(`comment on database ${escapeIdentifier(name)} is ${escapeLiteral(comment)}`)
    }
  })
}

/** psql asks for the password, or finds it where the user keeps it. */
function connectCommand({ host, port, user }: Connection, database: string): string {
  return shellCommand({}, ['psql', '-h', host, '-p', String(port), '-U', user, '-d', database])
}
