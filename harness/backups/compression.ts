import { pipeline } from 'node:stream'
import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { Compression } from './backup-format.ts'
import { decompressor } from './decompressor.ts'
import { nextZstdFrame, zstdFrame } from './zstd-frame.ts'
import { ByteReader } from './archive/byte-reader.ts'

type Chunks = AsyncIterable<Buffer>

interface Algorithm {
  /** The first bytes of what it compressed. */
  readonly magic: readonly number[]
  /** Ending of a file's name in a directory-format dump. */
  readonly suffix: string
  /** Its content; damage is an error while reading. */
  decompress(raw: Chunks): Chunks
}

/** Every compression that is undone here, by name; the first three are pg_dump's own. */
export const compressions: Readonly<Record<Exclude<Compression, 'none'>, Algorithm>> = {
  gzip: { magic: [0x1f, 0x8b], suffix: '.gz', decompress: gunzip },
  zstd: { magic: [0x28, 0xb5, 0x2f, 0xfd], suffix: '.zst', decompress: unzstd },
  lz4: {
    magic: [0x04, 0x22, 0x4d, 0x18],
    suffix: '.lz4',
    decompress: decompressor('lz4', ['-dc'], 'lz4'),
  },
  xz: {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    suffix: '.xz',
    decompress: decompressor('xz', ['-dc'], 'xz-utils'),
  },
  bzip2: {
    magic: [...Buffer.from('BZh')],
    suffix: '.bz2',
    decompress: decompressor('bzip2', ['-dc'], 'bzip2'),
  },
}

/** How content that begins with `head` is compressed. */
export function compressionOf(head: Buffer): Compression {
  for (const [name, { magic }] of Object.entries(compressions)) {
    if (head.subarray(0, magic.length).equals(Uint8Array.from(magic))) return name as Compression
  }
  return 'none'
}

/** The content of `raw`, which is compressed so. */
export function decompressed(raw: Chunks, compression: Compression): Chunks {
  return compression === 'none' ? raw : compressions[compression].decompress(raw)
}

const chunkSize = 256 * 1024

function gunzip(raw: Chunks): Chunks {
  // An error reaches the reader through the stream that is returned.
  return pipeline(raw, createGunzip({ chunkSize }), () => {})
}

/** What zlib compressed without the head and tail of a gzip file. */
export function inflated(raw: Chunks): Chunks {
  return pipeline(raw, createInflate({ chunkSize }), () => {})
}

/** Frame by frame: Node's own stream ends, without an error, after the first one (measured on 24.21). */
async function* unzstd(raw: Chunks): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(raw)
  const params = { [constants.ZSTD_d_windowLogMax]: 31 }
  for (let magic = await nextZstdFrame(reader); magic !== undefined; magic = await nextZstdFrame(reader)) {
    yield* pipeline(zstdFrame(magic, reader), createZstdDecompress({ chunkSize, params }), () => {})
  }
}
