import { noContents } from './section-contents.ts'
import type { DataDirectory } from '../engines/data-directory.ts'
import { HarnessError } from '../errors.ts'
import type { BackupFacts, BackupFile, BackupFormat } from './backup-format.ts'
import { localTime } from './newest.ts'
import { readBackupLabel } from './physical/backup-label.ts'
import type { BackupLabel } from './physical/backup-label.ts'
import { readControlFile } from './physical/control-file.ts'
import type { ControlFile } from './physical/control-file.ts'
import { dataFiles, membersOf, tarsOf } from './physical/data-files.ts'
import { contentOf, survey } from './physical/survey.ts'
import type { Survey } from './physical/survey.ts'
import { checkWal } from './physical/wal.ts'

/** `pg_basebackup`: a cluster's own files, which a server is started on. */
export const basebackup: BackupFormat = {
  name: 'basebackup',
  description: 'pg_basebackup, plain or tar; also the data directory of a server that was shut down',
  recognises: (_head, members) =>
    members !== undefined &&
    [...members.sizes.keys()].some((name) => name === 'PG_VERSION' || /^base\.tar(?:\.\w+)?$/.test(name)),
  async createdAt(file) {
    const label = await contentOf(file, 'backup_label')
    return label === undefined ? null : readBackupLabel(label.toString(), localTime).startedAt
  },
  describe: async (file, _migrationTable, database) => factsOf(file, await survey(file), database ?? null),
  checkTools: () => Promise.resolve('the server itself'),
  dataDirectory(file, { serverMajor, physical }): DataDirectory | undefined {
    if (physical === null || serverMajor === null) return undefined
    const { recovers, minimums } = physical
    return {
      major: serverMajor,
      recovers,
      minimums,
      directory: plainDirectory(file),
      files: () => dataFiles(file),
    }
  },
  restore: () => Promise.reject(new Error('A base backup is started, not restored.')),
}

/** Of the cluster's files on this machine, not of tars; what the backup is called may be no path. */
function plainDirectory(file: BackupFile): string | undefined {
  const members = membersOf(file)
  return tarsOf(members).length === 0 ? members.directory : undefined
}

/** What these files say of the cluster. Throws HarnessError when no server can be started on them. */
export function factsOf(file: BackupFile, surveyed: Survey, database: string | null): BackupFacts {
  const { read, manifest, sha256, tablespaces } = surveyed
  const text = (path: string): string | undefined => read.get(path)?.toString()
  const version = text('PG_VERSION')?.trim()
  const control = read.get('global/pg_control')
  if (version === undefined || control === undefined)
    throw incomplete(version === undefined ? 'PG_VERSION' : 'global/pg_control')
  const checked = readControlFile(control)
  const label = read.has('backup_label') ? readBackupLabel(text('backup_label') ?? '', localTime) : null
  requireStartable(label, checked, surveyed)
  const configuration = [text('postgresql.conf'), text('postgresql.auto.conf')].filter(
    (part) => part !== undefined,
  )
  return {
    ...unknown,
    compression: file.compression,
    bytes: file.bytes,
    sha256,
    serverVersion: version,
    serverMajor: Number.parseInt(version, 10),
    systemIdentifier: checked.systemIdentifier,
    createdAt: label === null ? checked.checkpointAt && localTime(checked.checkpointAt) : label.startedAt,
    database,
    tablespaces,
    physical: {
      manifest: manifest === undefined ? 'missing' : 'verified',
      recovers: label !== null,
      minimums: checked.minimums,
      configuration: configuration.length === 0 ? null : configuration.join('\n'),
    },
  }
}

/** What only a server that was started on it can say. */
const unknown = {
  format: 'basebackup',
  formatVersion: null,
  dumpVersion: null,
  encoding: null,
  locale: null,
  roles: [],
  extensions: [],
  publications: [],
  subscriptions: [],
  foreignServers: [],
  clusterStatements: [],
  tables: [],
  appliedMigrations: null,
  contents: noContents,
  manifest: null,
  metaCommands: [],
} as const

function requireStartable(
  label: BackupLabel | null,
  control: ControlFile,
  { manifest, walFiles, read, tablespaces }: Survey,
): void {
  if (label?.incremental === true) {
    throw new HarnessError(
      'backup-incremental',
      'The base backup is incremental: it holds only what changed since another one.',
      {
        hint: 'Put it together first: `pg_combinebackup FULL INCREMENTAL... -o DIRECTORY`.',
      },
    )
  }
  if (label === null && !control.shutDown) {
    throw new HarnessError(
      'backup-inconsistent',
      'The data directory was copied from a running server and has no backup_label: its files are of different moments.',
      {
        hint: 'Take the copy with pg_basebackup, between pg_backup_start() and pg_backup_stop(), or while the server is shut down.',
      },
    )
  }
  if (
    manifest?.systemIdentifier !== undefined &&
    manifest.systemIdentifier !== null &&
    manifest.systemIdentifier !== control.systemIdentifier
  ) {
    throw new HarnessError('backup-corrupt', 'The manifest of the base backup is that of another cluster.', {
      hint: 'Keep each backup_manifest beside the backup that it was written with.',
    })
  }
  const mapped = (read.get('tablespace_map')?.toString() ?? '').match(/^\d+(?= )/gm) ?? []
  const lost = mapped.find((oid) => !tablespaces.includes(oid))
  if (lost !== undefined) throw incomplete(`tablespace ${lost}`)
  if (label !== null) checkWal(label, manifest, walFiles, control.walSegmentBytes)
}

function incomplete(what: string): HarnessError {
  return new HarnessError('backup-incomplete', `The base backup is not complete: ${what} is not in it.`, {
    hint: 'Copy all of it: the data directory with its links followed, or base.tar with every other tar beside it.',
  })
}
