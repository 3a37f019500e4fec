import type { Readable } from 'node:stream'
import { HarnessError } from '../errors.ts'
import type {
  BackupFacts,
  RestoreMessage,
  RestoreOutcome,
  RestoreRequest,
  ToolVersion,
} from './backup-format.ts'
import { defuse } from './defuse.ts'
import { missingTables } from './missing-tables.ts'
import { pgRestoreMessages } from './pg-restore-messages.ts'
import { majorOf } from './versions.ts'

/** `pg_restore 17.10`; throws HarnessError when there is none, or one that is too old for the archive. */
export async function checkPgRestore(facts: BackupFacts, toolVersion: ToolVersion): Promise<string> {
  const version = await toolVersion('pg_restore')
  const archiveMinor = Number(facts.formatVersion?.split('.')[1] ?? 0)
  const needed = oldestTool[archiveMinor] ?? 0
  const client = `postgresql-client-${Math.max(needed, facts.serverMajor ?? 0)}`
  if (version === undefined) {
    throw new HarnessError(
      'no-pg-restore',
      `A ${facts.format}-format backup needs pg_restore, which is not here.`,
      {
        hint: `Install it (\`apt-get install ${client}\`), or rehearse with --engine docker, whose image has it, or take a plain SQL backup, which needs no client tools.`,
      },
    )
  }
  if ((majorOf(version) ?? 0) >= needed) return `pg_restore ${version}`
  throw new HarnessError(
    'old-pg-restore',
    `The backup has archive version ${facts.formatVersion}, which needs pg_restore ${needed} or newer; this one is ${version}.`,
    {
      hint: `Install a newer one (\`apt-get install ${client}\`), or rehearse with --engine docker and --postgres ${needed} or newer.`,
    },
  )
}

/** The first major whose pg_restore reads an archive version, by its minor number. Older ones all do. */
const oldestTool: Readonly<Record<number, number>> = { 14: 12, 15: 16, 16: 17 }

/** What pg_restore is to read: a stream for its stdin, or a path and how to read it. */
export interface PgRestoreInput {
  readonly args: readonly string[]
  readonly stdin?: Readable
}

/**
 * Restores an archive; `open` is called for every pass over it. Where there are foreign servers they are defused as
 * soon as they are there, before a materialized view is filled from them. Throws HarnessError when the copy is
 * unusable.
 */
export async function pgRestore(
  request: RestoreRequest,
  open: () => PgRestoreInput,
): Promise<RestoreOutcome> {
  const { facts, server, database } = request
  const method = await checkPgRestore(facts, (tool) => server.toolVersion(tool))
  const messages: RestoreMessage[] = []
  if (facts.foreignServers.length === 0) {
    messages.push(...(await pass(request, open(), [])))
  } else {
    messages.push(...(await pass(request, open(), ['--section=pre-data'])))
    await defuse(server.connection(database))
    messages.push(...(await pass(request, open(), ['--section=data', '--section=post-data'])))
  }
  return { method, messages: [...messages, ...(await missingTables(server, database, facts.tables))] }
}

/** Runs pg_restore once over an archive, or over some of its sections, and classifies what it says. */
export async function pass(
  { server, database, signal }: RestoreRequest,
  { args, stdin }: PgRestoreInput,
  sections: readonly string[],
): Promise<RestoreMessage[]> {
  try {
    // Without --exit-on-error: harmless errors are common, and every one of them is judged.
    const options = { database, signal, ...(stdin === undefined ? {} : { stdin }) }
    const all = ['--no-password', ...sections, ...args]
    return pgRestoreMessages(await server.runTool('pg_restore', all, options))
  } finally {
    stdin?.destroy()
  }
}
