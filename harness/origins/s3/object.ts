import { createHash, type Hash } from 'node:crypto'
import { addAbortSignal, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ranges } from '../../backups/content.ts'
import { HarnessError, messageOf } from '../../errors.ts'
import { bytes as text } from '../../reports/text.ts'
import type { S3 } from './client.ts'
import { isPassing, s3Problem } from './problems.ts'

/** One object, of which it is known what it was when it was chosen. */
export interface S3Object {
  readonly bucket: string
  readonly key: string
  readonly bytes: number
  /** Strong: other bytes have another one. */
  readonly etag: string
  /** Where the bucket keeps versions. */
  readonly version: string | undefined
  readonly modifiedAt: Date
}

export interface Reading {
  readonly signal: AbortSignal
  readonly onProgress: (detail: string) => void
}

/** Its address, as it is called in messages and reports. */
export function addressOf({ bucket, key, version }: Pick<S3Object, 'bucket' | 'key' | 'version'>): string {
  return `s3://${bucket}/${key}${version === undefined ? '' : ` (version ${version})`}`
}

/**
 * The bytes of an object, read over the network each time. A broken connection is resumed where it broke; an object
 * that is not the same any more is a HarnessError `s3-changed`, and so is one whose second reading has another digest.
 */
export function objectRanges(s3: S3, object: S3Object, reading: Reading): Ranges {
  const path = addressOf(object)
  let known: string | undefined
  return {
    path,
    bytes: object.bytes,
    async *read(start, end) {
      const hash = start === 0 && end === object.bytes ? createHash('sha256') : undefined
      yield* digested(resuming(s3, object, { start, end }, reading), hash)
      const digest = hash?.digest('hex')
      if (known !== undefined && digest !== undefined && digest !== known) throw differs(path)
      known ??= digest
    },
  }
}

async function* digested(chunks: AsyncIterable<Buffer>, hash: Hash | undefined): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash?.update(chunk)
    yield chunk
  }
}

async function* resuming(
  s3: S3,
  object: S3Object,
  { start, end }: { start: number; end: number },
  { signal, onProgress }: Reading,
): AsyncGenerator<Buffer, void, undefined> {
  const path = addressOf(object)
  let at = start
  for (let fruitless = 0; at < end;) {
    try {
      for await (const chunk of await part(s3, object, { start: at, end }, signal)) {
        at += chunk.length
        fruitless = 0
        yield chunk
      }
      if (at < end) throw new Error('the connection ended early')
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error)) throw s3Problem(path, error)
      fruitless++
      if (fruitless > mostFruitless) throw lost(path, at, error)
      onProgress(`${path}: ${messageOf(error)}; going on at ${text(at)}`)
      await sleep(firstPauseMs * 2 ** (fruitless - 1), undefined, { signal }).catch(() =>
        signal.throwIfAborted(),
      )
    }
  }
}

/** Attempts in a row that bring not one byte, beside those of the SDK. */
const mostFruitless = 6
const firstPauseMs = 250

/** `end` is exclusive. */
async function part(
  { sdk, client }: S3,
  { bucket, key, etag, version }: S3Object,
  { start, end }: { start: number; end: number },
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const command = new sdk.GetObjectCommand({
    Bucket: bucket,
    Key: key,
    IfMatch: etag,
    Range: `bytes=${start}-${end - 1}`,
    ...(version === undefined ? {} : { VersionId: version }),
  })
  const { Body: body } = await client.send(command, { abortSignal: signal })
  if (!(body instanceof Readable)) throw new Error('the store sent nothing')
  return addAbortSignal(signal, body)
}

function lost(path: string, at: number, cause: unknown): HarnessError {
  return new HarnessError(
    's3-unreachable',
    `${path} cannot be read on from ${text(at)}: ${messageOf(cause)}; ${mostFruitless} further attempts brought nothing.`,
    { hint: 'See whether the store can be reached from here, and where it is: AWS_ENDPOINT_URL_S3.', cause },
  )
}

function differs(path: string): HarnessError {
  return new HarnessError('s3-changed', `${path} was read twice and had other bytes the second time.`, {
    hint: 'Its ETag was the same: the store, or something between it and here, damages what it sends.',
  })
}
