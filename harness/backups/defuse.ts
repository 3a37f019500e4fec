import type { Client } from 'pg'
import { HarnessError, messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { defuseJobs } from './defuse-jobs.ts'
import { harmlessValue } from './sql/harmless.ts'

/**
 * Makes sure that the restored database reaches no other one: subscriptions are disabled and lose their slot and
 * connection string, foreign servers lead nowhere, user mappings hold no user or password, scheduled jobs are off. Options keep their names,
 * so that migrations can still change them. Returns what was defused, a line each, without its secrets; throws
 * HarnessError when something could not be.
 */
export async function defuse(connection: Connection): Promise<string[]> {
  return await withClient(connection, async (client) => {
    try {
      return [
        ...(await defuseSubscriptions(client)),
        ...(await defuseServers(client)),
        ...(await defuseMappings(client)),
        ...(await defuseJobs(client)),
      ]
    } catch (error) {
      throw new HarnessError('not-defused', `The copy might reach production: ${messageOf(error)}.`, {
        hint: 'Rehearse on a server of the tool’s own (--engine docker or embedded), or leave subscriptions and foreign servers out of the backup.',
        cause: error,
      })
    }
  })
}

/** Extensions of the database whose functions open connections when they are called; they cannot be defused. */
export async function reachingExtensions(connection: Connection): Promise<string[]> {
  return await withClient(connection, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select extname as name from pg_catalog.pg_extension where extname = any ($1) order by 1',
      [reaching],
    )
    return rows.map(({ name }) => name)
  })
}

const reaching = ['dblink', 'http', 'pg_net', 'plsh', 'plpython3u', 'plperlu', 'aws_s3', 'aws_lambda']

async function defuseSubscriptions(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select s.subname as name from pg_catalog.pg_subscription s
       join pg_catalog.pg_database d on d.oid = s.subdbid
      where d.datname = current_database() order by 1`,
  )
  for (const { name } of rows) {
    const subscription = `alter subscription ${client.escapeIdentifier(name)}`
    await client.query(`${subscription} disable`)
    await client.query(`${subscription} set (slot_name = none)`)
    // A socket that is not there: not even a name is looked up.
    await client.query(`${subscription} connection 'host=/defused'`)
  }
  return rows.map(({ name }) => `subscription ${name}: disabled, without slot and connection`)
}

interface ForeignServer {
  readonly name: string
  readonly wrapper: string
  readonly handled: string
  readonly options: string | null
}

async function defuseServers(client: Client): Promise<string[]> {
  const { rows } = await client.query<ForeignServer>(
    `select s.srvname as name, w.fdwname as wrapper, (w.fdwhandler <> 0)::text as handled,
            (select json_agg(o.option_name) from pg_catalog.pg_options_to_table(s.srvoptions) o) as options
       from pg_catalog.pg_foreign_server s
       join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw order by 1`,
  )
  const lines: string[] = []
  for (const server of rows) lines.push(await defuseServer(client, server))
  return lines
}

/** By its options where that works, or else by taking the wrapper's handler away, without which nothing is read. */
async function defuseServer(client: Client, server: ForeignServer): Promise<string> {
  const { name, wrapper, handled, options } = server
  const names: string[] = options === null ? [] : JSON.parse(options)
  const changes = names.flatMap((option) => {
    const value = harmlessValue(option)
    return value === undefined
      ? []
      : [`set ${client.escapeIdentifier(option)} ${client.escapeLiteral(value)}`]
  })
  if (!names.includes('host')) changes.push(`add host '/defused'`)
  const title = `foreign server ${name} (${wrapper})`
  const altered = await attempt(
    client,
    `alter server ${client.escapeIdentifier(name)} options (${changes.join(', ')})`,
  )
  if (altered) return `${title}: leads nowhere`
  if (handled === 'false') return `${title}: its wrapper reads nothing`
  await client.query(`alter foreign data wrapper ${client.escapeIdentifier(wrapper)} no handler`)
  return `${title}: its wrapper lost its handler`
}

async function defuseMappings(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ role: string; server: string; options: string | null }>(
    `select case m.umuser when 0 then 'public' else pg_catalog.quote_ident(r.rolname) end as role, s.srvname as server,
            (select json_agg(o.option_name) from pg_catalog.pg_options_to_table(m.umoptions) o) as options
       from pg_catalog.pg_user_mapping m
       join pg_catalog.pg_foreign_server s on s.oid = m.umserver
       left join pg_catalog.pg_roles r on r.oid = m.umuser
      where m.umoptions is not null order by 2, 1`,
  )
  for (const { role, server, options } of rows) {
    const names: string[] = options === null ? [] : JSON.parse(options)
    const mapping = `alter user mapping for ${role} server ${client.escapeIdentifier(server)}`
    for (const name of names) {
      const option = client.escapeIdentifier(name)
      // What takes no such value (a boolean) is no secret, but goes as well.
      if (!(await attempt(client, `${mapping} options (set ${option} 'defused')`)))
        await client.query(`${mapping} options (drop ${option})`)
    }
  }
  return rows.map(({ role, server }) => `user mapping of ${role} on ${server}: without user and password`)
}

async function attempt(client: Client, sql: string): Promise<boolean> {
  return await client.query(sql).then(
    () => true,
    () => false,
  )
}
