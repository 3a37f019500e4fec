import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Readable } from 'node:stream'
import { checkFiles } from './archive/check-files.ts'
import { appliedIn, archiveFacts, migrationEntries } from './archive/facts.ts'
import { readFilesArchive } from './archive/files.ts'
import { asCustomArchive } from './archive/to-custom.ts'
import type { BackupFacts, BackupFile, BackupFormat, Members, MigrationTable } from './backup-format.ts'
import { Digest } from './digest.ts'
import { checkSums, readManifest, type Manifest } from './manifest.ts'
import { checkPgRestore, pgRestore } from './pg-restore.ts'
import { filesSource } from './archive/source.ts'
import { restoreInParallel, worthWorkers } from './restore-in-parallel.ts'
import { isPlain } from './restore-parts.ts'
import { withProgress } from './with-progress.ts'

/** `pg_dump -Fd`: restored by pg_restore from the directory, or as a stream where pg_restore cannot see it. */
export const directory: BackupFormat = {
  name: 'directory',
  description: 'pg_dump --format=directory, also packed with tar',
  recognises: (_head, members) => members?.kind === 'directory' || members?.kind === 'tar',
  createdAt: createdAtOf,
  describe: async (file, migrationTable) => {
    const described = await describeFiles(file, migrationTable)
    return { ...described, format: 'directory' }
  },
  checkTools: checkPgRestore,
  async restore(request) {
    const { file, server, onProgress } = request
    const members = membersOf(file)
    if (members.directory !== undefined && server.toolsReadFiles) {
      const jobs = String(availableParallelism())
      return await pgRestore(request, () => ({
        args: ['--format=directory', `--jobs=${jobs}`, members.directory ?? ''],
      }))
    }
    const archive = await readFilesArchive(members.open('toc.dat'))
    const source = filesSource(archive, members)
    if (file.bytes >= worthWorkers && isPlain(source)) return await restoreInParallel(request, source)
    const limited = (bytes: number): void => onProgress(Math.min(bytes, file.bytes))
    return await pgRestore(request, () => ({
      args: ['--format=custom'],
      stdin: Readable.from(asCustomArchive(archive, members, withProgress(limited)), { objectMode: false }),
    }))
  },
}

/** The date in the head of `toc.dat`. */
export async function createdAtOf(file: BackupFile): Promise<string> {
  const { header } = await readFilesArchive(membersOf(file).open('toc.dat'))
  return header.createdAt
}

/** What a dump in files of its own holds; reads all of them. */
export async function describeFiles(
  file: BackupFile,
  migrationTable: MigrationTable,
): Promise<Omit<BackupFacts, 'format'>> {
  const members = membersOf(file)
  const manifest = await readManifest(members)
  const { header, toc } = await readFilesArchive(members.open('toc.dat'))
  const wanted = new Set(migrationEntries(toc, migrationTable).map((entry) => entry.dumpId))
  const { compression, kept, rows } = await checkFiles(members, toc.entries, wanted)
  if (manifest !== null) await checkSums(members, manifest)
  return {
    ...withManifest(archiveFacts(header, toc, rows), manifest),
    compression: file.compression === 'none' ? compression : file.compression,
    bytes: file.bytes,
    sha256: members.kind === 'directory' ? await digestOf(members) : await new Digest().of(file),
    appliedMigrations: appliedIn(toc, migrationTable, ({ dumpId }) => kept.get(dumpId) ?? null),
  }
}

/** Roles are in no dump of a single database, and rows that were counted are more than lines of its files. */
function withManifest<
  Facts extends Pick<BackupFacts, 'clusterStatements' | 'contents' | 'manifest' | 'systemIdentifier'>,
>(facts: Facts, manifest: Manifest | null): Facts {
  if (manifest === null) return facts
  const counted = manifest.tables.flatMap(({ schema, name, rows }) =>
    rows === null ? [] : [[`${schema}.${name}`, rows] as const],
  )
  return {
    ...facts,
    manifest,
    systemIdentifier: manifest.server.systemIdentifier,
    clusterStatements: [...manifest.roles, ...facts.clusterStatements],
    contents: { ...facts.contents, rows: { ...facts.contents.rows, ...Object.fromEntries(counted) } },
  }
}

/** Of the names, sizes and contents of all files. */
async function digestOf(members: Members): Promise<string> {
  const hash = createHash('sha256')
  for (const [name, bytes] of [...members.sizes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${bytes}\0`)
    for await (const chunk of members.open(name)) hash.update(chunk)
  }
  return hash.digest('hex')
}

function membersOf({ members, path }: BackupFile): Members {
  if (members === undefined) throw new Error(`${path} is no directory.`)
  return members
}
