import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readControlFile } from '../../backups/physical/control-file.ts'
import { HarnessError } from '../../errors.ts'
import { bytes } from '../../reports/text.ts'
import { freeBytes } from '../../runs/free-bytes.ts'
import type { OriginRequest } from '../origin.ts'
import { holdDirectory } from './directory.ts'
import { chooseSet, type ChosenSet } from './info.ts'
import { pgBackRestFor, placedAt, type PgBackRest } from './program.ts'
import { fetchWal, neededWal, requireWhole, type NeededWal } from './wal.ts'

/** A data directory as the backup had it, with the WAL for its recovery in place; no server has touched it. */
export interface RestoredSet {
  readonly set: ChosenSet
  readonly wal: NeededWal
  readonly data: string
}

/** Restores the set that fits the target time and fetches its WAL. Throws HarnessError. */
export async function restoreSet(stanza: string, request: OriginRequest): Promise<RestoredSet> {
  const { pgbackrest, scratch, onProgress } = request
  const program = pgBackRestFor(stanza, request)
  const target = pgbackrest?.targetTime === undefined ? undefined : Date.parse(pgbackrest.targetTime)
  onProgress(`looking for a backup of ${stanza}`)
  const set = await chooseSet(program, target)
  const wal = await neededWal(program, set, target)
  const kept = pgbackrest?.directory
  const directory = kept ?? join(scratch, 'restored')
  if (kept !== undefined) await holdDirectory(kept, request)
  const data = join(directory, 'data')
  await mkdir(data, { recursive: true, mode: 0o700 })
  await restore(program, set, { directory, delta: kept !== undefined, onProgress })
  const { walSegmentBytes: segmentBytes } = readControlFile(
    await readFile(join(data, 'global', 'pg_control')),
  )
  requireWhole(set, wal, segmentBytes)
  await fetchWal(program, wal, { data, repository: set.repository, onProgress })
  return { set, wal, data }
}

/** Nothing that would make a server on it recover or archive by itself is written. */
async function restore(
  program: PgBackRest,
  set: ChosenSet,
  {
    directory,
    delta,
    onProgress,
  }: { directory: string; delta: boolean; onProgress: (detail: string) => void },
): Promise<void> {
  if (!delta) await requireDisk(directory, set)
  onProgress(`restoring ${set.label}, ${bytes(set.bytes)}`)
  await program.run('restore', [
    `--set=${set.label}`,
    `--repo=${set.repository}`,
    '--type=none',
    ...placedAt(join(directory, 'data')),
    `--tablespace-map-all=${join(directory, 'tablespaces')}`,
    // Where nothing was restored before, it goes on without.
    ...(delta ? ['--delta'] : []),
  ])
}

async function requireDisk(directory: string, { label, bytes: needed }: ChosenSet): Promise<void> {
  const free = await freeBytes(directory)
  if (free >= needed) return
  throw new HarnessError(
    'disk-too-small',
    `Restoring ${label} takes ${bytes(needed)}, and ${directory} has ${bytes(free)} free.`,
    { hint: 'Set TMPDIR to a larger disk, or name a directory on one: --pgbackrest-directory PATH.' },
  )
}
