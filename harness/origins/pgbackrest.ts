import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { basebackup, factsOf } from '../backups/basebackup.ts'
import { backupDirectory } from '../backups/backup-file.ts'
import type { BackupFacts, BackupFile, BackupFormat } from '../backups/backup-format.ts'
import { directoryMembers } from '../backups/members/members.ts'
import { localTime } from '../backups/newest.ts'
import { tellingFiles } from '../backups/physical/survey.ts'
import type { Origin } from './origin.ts'
import { restoreSet, type RestoredSet } from './pgbackrest/restore.ts'

const address = /^pgbackrest:(.+)$/s

/** A pgBackRest repository: restored, recovered to a point in time, and started as a base backup is. */
export const pgbackrest: Origin = {
  name: 'pgbackrest',
  description: 'a stanza of a pgBackRest repository, as it is at the end of its WAL or at the target time',
  inPlace: false,
  holds: ({ backup }) => address.test(backup),
  async open(request) {
    const stanza = address.exec(request.backup)?.[1] ?? ''
    const restored = await restoreSet(stanza, request)
    const target = request.pgbackrest?.targetTime
    const { set, wal, data } = restored
    const state = target === undefined ? wal.archivedAt : new Date(target)
    const to = target === undefined ? `WAL ${wal.last}` : state.toISOString()
    const path = `pgbackrest:${stanza} (${set.label}, up to ${to})`
    const file = backupDirectory(path, await directoryMembers(data), state)
    return { file, format: formatOf(restored, { stanza, target, state }) }
  },
}

interface Recovered {
  readonly stanza: string
  readonly target: string | undefined
  /** What production was then is what is rehearsed on. */
  readonly state: Date
}

function formatOf(restored: RestoredSet, recovered: Recovered): BackupFormat {
  const { target, state } = recovered
  return {
    ...basebackup,
    name: 'pgbackrest',
    description: 'what pgBackRest restored',
    createdAt: () => Promise.resolve(localTime(state)),
    describe: async (file, _table, database) => await describe(file, database ?? null, restored, recovered),
    dataDirectory(file, facts) {
      const data = basebackup.dataDirectory?.(file, facts)
      return data && { ...data, ...(target === undefined ? {} : { targetTime: target }) }
    },
  }
}

/** pgBackRest compared every file with its checksum as it wrote it, so none is read again here. */
async function describe(
  file: BackupFile,
  database: string | null,
  { set, wal, data }: RestoredSet,
  { stanza, target, state }: Recovered,
): Promise<BackupFacts> {
  const read = new Map<string, Buffer>()
  for (const path of tellingFiles) {
    const content = await readFile(join(data, path)).catch(() => undefined)
    if (content !== undefined) read.set(path, content)
  }
  const tablespaces = (await readdir(join(data, 'pg_tblspc'))).filter((name) => /^\d+$/.test(name))
  const identity = [stanza, set.systemIdentifier, set.label, target ?? null, wal.last]
  const sha256 = createHash('sha256').update(JSON.stringify(identity)).digest('hex')
  const walFiles = new Set(wal.names)
  const facts = factsOf(file, { read, walFiles, tablespaces, manifest: undefined, sha256 }, database)
  const { physical } = facts
  return {
    ...facts,
    format: 'pgbackrest',
    createdAt: localTime(state),
    physical: physical && { ...physical, manifest: 'verified' },
  }
}
