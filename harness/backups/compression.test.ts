import { expect } from 'chai'
import { execa } from 'execa'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { HarnessError } from '../errors.ts'
import { withTemporary } from '../testing/temporary.ts'
import { openBackup } from './index.ts'

const rows = Array.from({ length: 100_000 }, (_, row) => `${row * 7919} ${(row * 104729) % 1000003}`)
const dump = `-- PostgreSQL database dump\n\nCREATE TABLE public.t (a text);\nCOPY public.t (a) FROM stdin;\n${rows.join('\n')}\n\\.\n\n-- PostgreSQL database dump complete\n`

for (const name of ['gzip', 'zstd', 'lz4', 'xz', 'bzip2']) {
  describe(`backups compressed with ${name}`, () => {
    let whole: Buffer

    before(async function () {
      const program = await execa(name, ['-c'], { input: dump, encoding: 'buffer', reject: false })
      if (program.exitCode !== 0) {
        console.log(`      skipped: ${name} is not there`)
        return this.skip()
      }
      whole = Buffer.from(program.stdout)
    })

    it('are read to their end', async () => {
      expect(await described(whole)).to.equal('plain, public.t')
    })

    it('are read when several were put one behind the other', async () => {
      const half = dump.length / 2
      const parts = await Promise.all(
        [dump.slice(0, half), dump.slice(half)].map(
          async (input) => (await execa(name, ['-c'], { input, encoding: 'buffer' })).stdout,
        ),
      )
      expect(await described(Buffer.concat(parts))).to.equal('plain, public.t')
    })

    it('are errors when cut off or damaged', async () => {
      for (const length of [whole.length - 1, Math.trunc(whole.length / 2), 100]) {
        expect(await described(whole.subarray(0, length)), `${length} bytes`).to.equal('backup-truncated')
      }
      const damaged = Buffer.from(whole)
      const middle = Math.trunc(whole.length / 2)
      damaged.fill(0xa5, middle, middle + 64)
      expect(await described(damaged)).to.be.oneOf(['backup-corrupt', 'backup-truncated'])
    })
  })
}

describe('compressed backups', () => {
  it('name the program that is missing, and where to get it', async () => {
    await withTemporary(async (directory) => {
      const path = process.env['PATH']
      process.env['PATH'] = directory
      try {
        await writeFile(join(directory, 'backup'), Buffer.from('fd377a585a000004e6d6b446', 'hex'))
        const error: unknown = await openBackup(join(directory, 'backup')).catch((error: unknown) => error)
        expect(error).to.be.instanceOf(HarnessError).and.to.include({ code: 'no-decompressor' })
        expect((error as HarnessError).hint).to.include('xz-utils')
      } finally {
        process.env['PATH'] = path
      }
    })
  })

  it('of zstd may have skippable frames, but nothing else behind them', async () => {
    const skippable = Buffer.from('502a4d1803000000616263', 'hex')
    const frame = zstdCompressSync(dump)
    expect(await described(Buffer.concat([frame, skippable]))).to.equal('plain, public.t')
    expect(await described(Buffer.concat([frame, Buffer.from('more')]))).to.equal('backup-corrupt')
  })

  it('may be compressed twice', async () => {
    expect(await described(gzipSync(zstdCompressSync(dump)))).to.equal('plain, public.t')
  })
})

async function described(content: Buffer): Promise<string> {
  return await withTemporary(async (directory) => {
    await writeFile(join(directory, 'backup'), content)
    try {
      const { file, format } = await openBackup(join(directory, 'backup'))
      const { tables } = await format.describe(file, { schema: undefined, name: 'm' })
      return `${format.name}, ${tables.join()}`
    } catch (error) {
      if (error instanceof HarnessError) return error.code
      throw error
    }
  })
}
