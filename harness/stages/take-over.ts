import type { Client } from 'pg'
import { defuse } from '../backups/defuse.ts'
import { databaseNames } from '../backups/physical/choose-database.ts'
import { acceptCollationVersions, localizedIndexes } from '../backups/physical/collation-versions.ts'
import type { CollationChange } from '../backups/physical/collation-versions.ts'
import { withClient } from '../postgres/client.ts'
import type { Finding } from '../rehearsal.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress } from '../stage.ts'
import type { Plan } from '../plan.ts'
import { defusedFinding } from './defused.ts'
import { maskRestored } from './mask.ts'
import { keepPristine, type Brought } from './pristine.ts'
import type { PreparedBackup } from './prepare-backup.ts'
import type { Provisioned } from './provision.ts'

/**
 * Makes the cluster of a base backup fit to be rehearsed on, in all of its databases, and keeps a pristine copy of
 * the one that is where that is the way to have one. Nothing is vacuumed or analyzed: bloat and statistics stay those of production.
 */
export async function takeOver(
  plan: Pick<Plan, 'masking'>,
  { file, facts }: Pick<PreparedBackup, 'file' | 'facts'>,
  { server, database }: Provisioned,
  progress: Progress,
  { copyAtMostBytes }: { copyAtMostBytes: number },
): Promise<Brought> {
  const details: string[] = []
  const databases = await databaseNames(server)
  for (const name of databases) {
    const lines = [
      ...(await withClient(server.connection(name), rollBackPrepared)),
      ...(await defuse(server.connection(name))),
    ]
    details.push(...lines.map((line) => (name === database ? line : `${line} (database ${name})`)))
  }
  const changed = await withClient(server.connection('template1'), (client) =>
    acceptCollationVersions(client, server.major),
  )
  const indexes = await withClient(server.connection(database), localizedIndexes)
  const masked = await maskRestored(plan.masking, server.connection(database), file, progress)
  const pristine = await keepPristine(server, database, copyAtMostBytes, progress)
  const manifest = facts.physical?.manifest === 'verified' ? ', every file as its manifest says' : ''
  return {
    pristine,
    masking: masked.masking,
    summary: `started as it is: ${bytes(file.bytes)}, ${count(databases.length, 'database')}${manifest}; rehearsing on ${database}`,
    findings: [
      ...defusedFinding(file, details),
      ...changed
        .filter((change) => change.database === database)
        .map((change) => collationChanged(change, indexes)),
      ...masked.findings,
    ],
  }
}

/** Their locks would stop the copying of the database; whoever would finish them is not here. */
async function rollBackPrepared(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select gid as name from pg_catalog.pg_prepared_xacts where database = current_database() order by 1`,
  )
  for (const { name } of rows) await client.query(`rollback prepared ${client.escapeLiteral(name)}`)
  return rows.map(({ name }) => `prepared transaction ${name}: rolled back`)
}

function collationChanged({ database, recorded, actual }: CollationChange, indexes: number): Finding {
  return {
    id: 'collation-version-changed',
    severity: 'warning',
    subject: database,
    message: `Text was sorted by version ${recorded} of the database's locale and the server here has ${actual}: ${count(indexes, 'index', 'indexes')} on text may be out of order here, so that queries miss rows and unique constraints let duplicates in.`,
    remedy:
      'Rehearse in an image with the operating system of production (--image), whose locale has that version.',
  }
}
