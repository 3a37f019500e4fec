import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { HarnessError } from '../errors.ts'
import { errorOf } from '../testing/error-of.ts'
import { withTemporary } from '../testing/temporary.ts'
import type { BackupFacts, MigrationTable } from './backup-format.ts'
import { custom } from './custom.ts'
import { openBackup } from './index.ts'

describe('custom archives', () => {
  for (let minor = 10; minor <= 16; minor++) {
    it(`of version 1.${minor} are read without restoring them`, async () => {
      const facts = await describeBytes(archive({ minor }))
      expect(facts).to.include({
        format: 'custom',
        formatVersion: `1.${minor}`,
        database: 'shop',
        encoding: 'UTF8',
      })
      expect(facts).to.include({
        serverVersion: '16.4',
        serverMajor: 16,
        dumpVersion: '17.2',
        compression: 'gzip',
      })
      expect(facts.tables).to.deep.equal(['public.titles', 'app.kysely_migration'])
      expect(facts.extensions).to.deep.equal(['pg_trgm'])
      expect(facts.roles).to.deep.equal(['Analyst', 'boss', 'owner', 'reader', 'tenant'])
      expect(facts.appliedMigrations).to.deep.equal(['001_a', '002_b'])
    })
  }

  it('are read without data offsets, as pg_dump writes them into a pipe', async () => {
    expect((await describeBytes(archive({ offsets: false }))).appliedMigrations).to.deep.equal([
      '001_a',
      '002_b',
    ])
  })

  it('are read inside gzip', async () => {
    const facts = await describeBytes(gzipSync(archive({ compression: 'none' })))
    expect(facts).to.include({ compression: 'gzip' })
    expect(facts.appliedMigrations).to.deep.equal(['001_a', '002_b'])
  })

  for (const [compression, names] of [
    ['none', ['001_a', '002_b']],
    ['zstd', ['001_a', '002_b']],
    ['lz4', null],
  ] as const) {
    it(`compressed with ${compression} say ${JSON.stringify(names)} about applied migrations`, async () => {
      const facts = await describeBytes(archive({ compression }))
      expect(facts).to.include({ compression })
      expect(facts.appliedMigrations).to.deep.equal(names)
    })
  }

  it('say what is applied also when they hold INSERT statements', async () => {
    expect((await describeBytes(archive({ inserts: true }))).appliedMigrations).to.deep.equal([
      '001_a',
      '002_b',
    ])
  })

  it('take the migration table of the schema asked for alone', async () => {
    expect(
      (await describeBytes(archive({}), { schema: 'public', name: 'kysely_migration' })).appliedMigrations,
    ).to.deep.equal([])
  })

  it('are errors wherever they are cut off', async () => {
    const whole = archive({})
    for (let length = 6; length < whole.length; length += 5) {
      expect(await codeOf(whole.subarray(0, length)), `${length} of ${whole.length} bytes`).to.equal(
        'backup-truncated',
      )
    }
  })

  it('are errors when text mode changed their line ends', async () => {
    const text = archive({ compression: 'none' }).toString('latin1').replaceAll('\n', '\r\n')
    expect(await codeOf(Buffer.from(text, 'latin1'))).to.match(/^backup-(?:corrupt|truncated)$/)
  })

  it('are errors of their own when too old, too new or parts of another format', async () => {
    expect(await codeOf(archive({ minor: 9 }))).to.equal('backup-version')
    expect(await codeOf(archive({ minor: 17 }))).to.equal('backup-version')
    expect(await codeOf(archive({ format: 5 }))).to.equal('backup-unsupported')
  })

  const tools: readonly (readonly [archiveVersion: string, tool: string | undefined, answer: string])[] = [
    ['1.13', '10.23', 'pg_restore 10.23'],
    ['1.14', '11.22', 'old-pg-restore'],
    ['1.15', '15.14', 'old-pg-restore'],
    ['1.15', '16.1', 'pg_restore 16.1'],
    ['1.16', '16.10', 'old-pg-restore'],
    ['1.16', '17.6', 'pg_restore 17.6'],
    ['1.16', '18beta1', 'pg_restore 18beta1'],
    ['1.14', undefined, 'no-pg-restore'],
  ]
  for (const [formatVersion, tool, answer] of tools) {
    it(`of version ${formatVersion} with pg_restore ${tool ?? 'missing'}: ${answer}`, async () => {
      const facts = { ...(await describeBytes(archive({}))), formatVersion }
      const checked = custom.checkTools(facts, () => Promise.resolve(tool))
      expect(
        await checked.catch((error: unknown) => (error instanceof HarnessError ? error.code : error)),
      ).to.equal(answer)
    })
  }
})

async function describeBytes(
  bytes: Buffer,
  table: MigrationTable = { schema: undefined, name: 'kysely_migration' },
): Promise<BackupFacts> {
  return await withTemporary(async (directory) => {
    const path = join(directory, 'backup')
    await writeFile(path, bytes)
    const { file, format } = await openBackup(path)
    expect(format.name).to.equal('custom')
    return await format.describe(file, table)
  })
}

async function codeOf(bytes: Buffer): Promise<string> {
  return (await errorOf(describeBytes(bytes))).code
}

interface Options {
  readonly minor?: number
  readonly compression?: 'none' | 'gzip' | 'lz4' | 'zstd'
  readonly offsets?: boolean
  readonly inserts?: boolean
  readonly format?: number
}

/** Writes an archive as pg_dump does (pg_backup_archiver.c, pg_backup_custom.c). */
function archive({
  minor = 16,
  compression = 'gzip',
  offsets = true,
  inserts = false,
  format = 1,
}: Options): Buffer {
  const entries = entriesOf(inserts)
  const write = (at: readonly number[]): Buffer =>
    Buffer.concat([
      head(minor, compression, format),
      int(entries.length),
      ...entries.map((entry, i) => toc(entry, minor, offsets ? at[i] : undefined)),
    ])
  let at = write(entries.map(() => 0)).length
  const starts: number[] = []
  const blocks = entries.map((entry) => {
    starts.push(at)
    const bytes = block(entry, minor < 15 && compression !== 'none' ? 'gzip' : compression)
    at += bytes.length
    return bytes
  })
  return Buffer.concat([write(starts), ...blocks])
}

interface Entry {
  readonly id: number
  readonly desc: string
  readonly tag: string
  readonly defn?: string
  readonly copy?: string
  readonly data?: string
  readonly objects?: readonly string[]
  readonly namespace?: string
  readonly owner?: string
}

function entriesOf(inserts: boolean): Entry[] {
  const migrations = { id: 9, desc: 'TABLE DATA', tag: 'kysely_migration', namespace: 'app' }
  return [
    { id: 1, desc: 'ENCODING', tag: 'ENCODING', defn: `SET client_encoding = 'UTF8';\n` },
    { id: 2, desc: 'STDSTRINGS', tag: 'STDSTRINGS', defn: `SET standard_conforming_strings = 'on';\n` },
    { id: 3, desc: 'EXTENSION', tag: 'pg_trgm', owner: '' },
    {
      id: 4,
      desc: 'TABLE',
      tag: 'titles',
      namespace: 'public',
      owner: 'owner',
      defn: 'CREATE TABLE public.titles (a text);\n',
    },
    {
      id: 5,
      desc: 'ACL',
      tag: 'TABLE titles',
      defn: 'SET SESSION AUTHORIZATION boss;\nGRANT ALL ON TABLE public.titles TO reader;\nRESET SESSION AUTHORIZATION;\n',
    },
    {
      id: 6,
      desc: 'POLICY',
      tag: 'titles p',
      defn: 'CREATE POLICY p ON public.titles TO tenant USING (true);\n',
    },
    {
      id: 7,
      desc: 'DEFAULT ACL',
      tag: 'x',
      defn: 'ALTER DEFAULT PRIVILEGES FOR ROLE boss GRANT SELECT ON TABLES TO "Analyst";\n',
    },
    {
      id: 8,
      desc: 'TABLE DATA',
      tag: 'titles',
      namespace: 'public',
      owner: 'owner',
      copy: 'COPY public.titles (a) FROM stdin;\n',
      data: `${'x'.repeat(50)}\n`.repeat(20) + '\\.\n',
    },
    inserts
      ? {
          ...migrations,
          data: `INSERT INTO app.kysely_migration VALUES ('001_a', 'x');\nINSERT INTO app.kysely_migration VALUES ('002_b', 'x');\n`,
        }
      : {
          ...migrations,
          copy: 'COPY app.kysely_migration (name, "timestamp") FROM stdin;\n',
          data: '001_a\tx\n002_b\tx\n\\.\n\n\n',
        },
    { id: 10, desc: 'BLOBS', tag: 'BLOBS', objects: ['a large object', 'another'] },
  ]
}

function head(minor: number, compression: string, format: number): Buffer {
  const algorithm = ['none', 'gzip', 'lz4', 'zstd'].indexOf(compression)
  return Buffer.concat([
    Buffer.from('PGDMP'),
    Buffer.from([1, minor, 0, 4, 8, format]),
    minor >= 15 ? Buffer.from([algorithm]) : int(compression === 'none' ? 0 : -1),
    ...[5, 4, 3, 2, 0, 126, 0].map(int),
    ...['shop', '16.4 (Debian 16.4-1)', '17.2'].map(text),
  ])
}

function toc(entry: Entry, minor: number, at: number | undefined): Buffer {
  const hasData = entry.data !== undefined || entry.objects !== undefined
  const offset = Buffer.alloc(9, hasData ? (at === undefined ? 1 : 2) : 3)
  offset.writeBigUInt64LE(BigInt(hasData ? (at ?? 0) : 0), 1)
  return Buffer.concat([
    int(entry.id),
    int(hasData ? 1 : 0),
    ...['0', '0', entry.tag, entry.desc].map(text),
    ...(minor >= 11 ? [int(hasData ? 3 : 2)] : []),
    ...[entry.defn ?? null, '', entry.copy ?? null, entry.namespace ?? null, null].map(text),
    ...(minor >= 14 ? [text('heap')] : []),
    ...(minor >= 16 ? [int(0x72)] : []),
    ...[entry.owner ?? 'owner', 'false', '4', null].map(text),
    offset,
  ])
}

function block({ id, data, objects }: Entry, compression: string): Buffer {
  if (objects !== undefined) {
    const each = objects.map((object, i) => Buffer.concat([int(i + 1), chunks(object, compression)]))
    return Buffer.concat([Buffer.from([3]), int(id), ...each, int(0)])
  }
  return data === undefined
    ? Buffer.alloc(0)
    : Buffer.concat([Buffer.from([1]), int(id), chunks(data, compression)])
}

/** Chunks of 16 bytes; what `lz4` gives is none, but nothing here reads it. */
function chunks(data: string, compression: string): Buffer {
  const plain = Buffer.from(data)
  const stored =
    compression === 'gzip' ? deflateSync(plain) : compression === 'zstd' ? zstdCompressSync(plain) : plain
  const pieces: Buffer[] = []
  for (let at = 0; at < stored.length; at += 16) {
    const piece = stored.subarray(at, at + 16)
    pieces.push(int(piece.length), piece)
  }
  return Buffer.concat([...pieces, int(0)])
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = value < 0 ? 1 : 0
  bytes.writeUInt32LE(Math.abs(value), 1)
  return bytes
}

function text(value: string | null): Buffer {
  return value === null ? int(-1) : Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)])
}
