import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { Adapter } from './adapt.ts'
import type {
  BackupFacts,
  BackupFormat,
  RestoreMessage,
  RestoreRequest,
  ToolVersion,
} from './backup-format.ts'
import { Digest } from './digest.ts'
import { loadBuiltIn } from './loader.ts'
import { loadableWithoutPsql } from './meta-commands.ts'
import { missingTables } from './missing-tables.ts'
import { PlainFacts, startedOn } from './plain-facts.ts'
import { loadWithPsql } from './psql.ts'
import { SqlSplitter } from './sql/splitter.ts'
import { majorOf, minorOf } from './versions.ts'

/** `pg_dump -Fp` or SQL written by hand: loaded by psql, or without it by the harness itself. */
export const plain: BackupFormat = {
  name: 'plain',
  description: 'plain SQL, as pg_dump writes it by default, and pg_dumpall',
  recognises,
  async createdAt(file) {
    for await (const chunk of file.open()) return startedOn(chunk.toString('latin1', 0, 4096))
    return null
  },
  async describe(file, migrationTable, database) {
    const digest = new Digest()
    const facts = new PlainFacts(migrationTable, database)
    const splitter = new SqlSplitter()
    for await (const chunk of file.open(digest.update)) {
      for (const event of splitter.push(chunk)) facts.observe(event)
    }
    for (const event of splitter.end()) facts.observe(event)
    return {
      ...facts.facts(),
      compression: file.compression,
      bytes: file.bytes,
      sha256: await digest.of(file),
    }
  },
  checkTools,
  restore,
}

/** Text without NUL whose first word, after comments and psql commands, begins a statement. */
function recognises(head: Buffer): boolean {
  if (head.includes(0)) return false
  const text = head.toString('latin1').replace(/^\xef\xbb\xbf/, '')
  if (/^-- PostgreSQL database (?:cluster )?dump\r?$/m.test(text)) return true
  const code = text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/|\\[^\n]*(?:\n|$))+/, '')
  return /^(?:alter|analyze|begin|comment|copy|create|delete|do|drop|grant|insert|lock|revoke|select|set|start|truncate|update|with)\s/i.test(
    code,
  )
}

async function checkTools(facts: BackupFacts, toolVersion: ToolVersion): Promise<string> {
  const version = await toolVersion('psql')
  // Out of a dump with several parts it is taken out.
  const restricted = facts.database === null && facts.metaCommands.includes('restrict')
  if (version !== undefined && (!restricted || knowsRestrict(version))) {
    return `psql ${version}`
  }
  if (loadableWithoutPsql(facts.metaCommands)) return builtIn
  const commands = facts.metaCommands.map((name) => `\\${name}`).join(', ')
  throw new HarnessError(
    'no-psql',
    `The backup uses psql commands (${commands}), and ${version === undefined ? 'psql is not here' : `psql ${version} is too old for them`}.`,
    {
      hint: 'Install psql (`apt-get install postgresql-client`), or rehearse with --engine docker, whose image has it.',
    },
  )
}

const builtIn = 'built-in loader'

/** `\restrict` came with the minor releases of August 2025 (CVE-2025-8714). */
function knowsRestrict(version: string): boolean {
  const major = majorOf(version) ?? 0
  const since = ({ 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 } as Record<number, number>)[major]
  return major >= 18 || (since !== undefined && minorOf(version) >= since)
}

async function restore(request: RestoreRequest): ReturnType<BackupFormat['restore']> {
  const { facts, server, database } = request
  const method = await checkTools(facts, (tool) => server.toolVersion(tool))
  const messages = await load(request, method)
  return { method, messages: [...messages, ...(await missingTables(server, database, facts.tables))] }
}

async function load(request: RestoreRequest, method: string): Promise<RestoreMessage[]> {
  return await withClient(request.server.connection(request.database), async (client) => {
    const { rows } = await client.query<{ superuser: string }>(
      `select rolsuper::text as superuser from pg_catalog.pg_roles where rolname = current_user`,
    )
    const adapter = new Adapter(client, rows[0]?.superuser === 'true')
    return await (method === builtIn ? loadBuiltIn : loadWithPsql)(request, adapter)
  })
}
