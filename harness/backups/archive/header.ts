import { HarnessError } from '../../errors.ts'
import type { ByteReader } from './byte-reader.ts'
import { corrupt, readBytes, readInt } from './primitives.ts'
import type { ArchiveKind, ArchiveReader } from './primitives.ts'

/** What the head of an archive says. */
export interface ArchiveHeader {
  /** Minor archive version: 14 of `1.14`. */
  readonly minor: number
  readonly compression: 'none' | 'gzip' | 'lz4' | 'zstd'
  /** When pg_dump started, in its own local time, as `2026-01-31 23:59:59`. */
  readonly createdAt: string
  readonly database: string | null
  readonly serverVersion: string | null
  readonly dumpVersion: string | null
}

/**
 * Reads the head of an archive of versions 1.10 (Postgres 8.0) to 1.16 (17 and 18), and leaves the bytes at its
 * table of contents. Source: ReadHead in pg_backup_archiver.c.
 */
export async function readHeader(
  bytes: ByteReader,
  kind: ArchiveKind,
): Promise<{ header: ArchiveHeader; reader: ArchiveReader }> {
  const magic = await bytes.take(5)
  if (magic.toString('latin1') !== 'PGDMP') throw corrupt(bytes, 'no PGDMP')
  const [major = 0, minor = 0, , intSize = 0, offsetSize = 0, format = 0] = await bytes.take(6)
  checkVersion(major, minor)
  if (intSize < 2 || intSize > 8 || offsetSize < 4 || offsetSize > 8)
    throw corrupt(bytes, 'odd sizes of numbers')
  // Both directory and tar write the number of tar.
  const expected = kind === 'custom' ? [1] : [3, 5]
  if (!expected.includes(format)) throw otherFormat(format)
  const reader = { bytes, kind, intSize, offsetSize }
  const compression = await readCompression(reader, minor)
  const createdAt = await readDate(reader)
  const text = async (): Promise<string | null> => (await readBytes(reader))?.toString('utf8') ?? null
  const database = await text()
  const serverVersion = await text()
  return {
    header: { minor, compression, createdAt, database, serverVersion, dumpVersion: await text() },
    reader,
  }
}

function checkVersion(major: number, minor: number): void {
  if (major === 1 && minor >= 10 && minor <= 16) return
  const newer = major > 1 || minor > 16
  throw new HarnessError(
    'backup-version',
    `Archive version ${major}.${minor} is not known; 1.10 (Postgres 8.0) to 1.16 (Postgres 17 and 18) are.`,
    {
      hint: newer
        ? 'Update pg-rehearsal, or take the backup with an older pg_dump or as plain SQL.'
        : 'Turn it into plain SQL first: `pg_restore -f backup.sql FILE`.',
    },
  )
}

function otherFormat(format: number): HarnessError {
  const name = { 1: 'custom', 3: 'tar', 5: 'directory' }[format] ?? 'unknown'
  return new HarnessError(
    'backup-unsupported',
    `This is the table of contents of a ${name}-format dump, and not in its place.`,
    { hint: 'Give the whole directory or tar that pg_dump wrote, not a single file of it.' },
  )
}

async function readCompression(reader: ArchiveReader, minor: number): Promise<ArchiveHeader['compression']> {
  if (minor < 15) return (await readInt(reader)) === 0 ? 'none' : 'gzip'
  const algorithm = (['none', 'gzip', 'lz4', 'zstd'] as const)[await reader.bytes.byte()]
  if (algorithm === undefined) throw corrupt(reader.bytes, 'an unknown compression')
  return algorithm
}

async function readDate(reader: ArchiveReader): Promise<string> {
  const fields: number[] = []
  for (let field = 0; field < 7; field++) fields.push(await readInt(reader))
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = fields
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${year + 1900}-${two(month + 1)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`
}
