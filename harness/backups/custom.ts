import { inflateBlock, walkBlocks } from './archive/blocks.ts'
import { ByteReader } from './archive/byte-reader.ts'
import { appliedIn, archiveFacts, migrationEntries } from './archive/facts.ts'
import { readHeader } from './archive/header.ts'
import { readToc } from './archive/toc.ts'
import type { BackupFormat } from './backup-format.ts'
import { customSource } from './archive/source.ts'
import { Digest } from './digest.ts'
import { checkPgRestore, pgRestore } from './pg-restore.ts'
import { restoreInParallel, worthWorkers } from './restore-in-parallel.ts'
import { isPlain } from './restore-parts.ts'
import { withProgress } from './with-progress.ts'

/** `pg_dump -Fc`: restored by pg_restore. */
export const custom: BackupFormat = {
  name: 'custom',
  description: 'pg_dump --format=custom, compressed or not',
  recognises: (head) => head.toString('latin1', 0, 5) === 'PGDMP',
  async createdAt(file) {
    const { header } = await readHeader(new ByteReader(file.open()), 'custom')
    return header.createdAt
  },
  async describe(file, migrationTable) {
    const digest = new Digest()
    const bytes = new ByteReader(file.open(digest.update))
    const { header, reader } = await readHeader(bytes, 'custom')
    const toc = await readToc(reader, header)
    const wanted = new Set(migrationEntries(toc, migrationTable).map((entry) => entry.dumpId))
    const data = await walkBlocks(reader, toc.entries, wanted)
    // To the end, so that a compressed file is checked to its last byte.
    await bytes.drain()
    return {
      ...archiveFacts(header, toc),
      format: 'custom',
      compression: file.compression === 'none' ? header.compression : file.compression,
      bytes: file.bytes,
      sha256: await digest.of(file),
      appliedMigrations: appliedIn(toc, migrationTable, ({ dumpId }) => {
        const stored = data.get(dumpId)
        return stored === undefined ? null : inflateBlock(stored, header.compression)
      }),
    }
  },
  checkTools: checkPgRestore,
  async restore(request) {
    const { file, onProgress } = request
    const source = file.bytes >= worthWorkers ? await customSource(file) : undefined
    if (source !== undefined && isPlain(source)) return await restoreInParallel(request, source)
    return await pgRestore(request, () => ({ args: [], stdin: file.open(withProgress(onProgress)) }))
  },
}
