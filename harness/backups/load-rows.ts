import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parentPort, type MessagePort } from 'node:worker_threads'
import { DatabaseError } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { withClient } from '../postgres/client.ts'
import { decompressed, inflated } from './compression.ts'
import type { RowsAnswer, RowsOrder, RowsPart, SentError } from './rows-protocol.ts'

/**
 * A thread that unpacks rows and sends them into COPY, several tables at a time. V8 collects garbage for every few
 * megabytes that are unpacked, and takes as long for it as the heap is large: this one has next to nothing in it.
 */
parentPort?.on('message', (order: RowsOrder) => void load(order))

async function load({ connection, begin, copy, compression, port }: RowsOrder): Promise<void> {
  const answer = (message: RowsAnswer): void => port.postMessage(message)
  try {
    await withClient(connection, async (client) => {
      // Nobody is interested any more.
      port.once('close', () => client.connection.stream.destroy())
      await client.query(begin)
      const stored = partsFrom(port, answer)
      const rows = compression === 'zlib' ? inflated(stored) : decompressed(stored, compression)
      await pipeline(Readable.from(rows, { objectMode: false }), client.query(copyFrom(copy)))
      await client.query('commit')
    })
    answer('done')
  } catch (error) {
    answer({ failed: sent(error) })
  }
}

async function* partsFrom(
  port: MessagePort,
  answer: (message: RowsAnswer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const waiting: RowsPart[] = []
  port.on('message', (part: RowsPart) => waiting.push(part))
  while (true) {
    if (waiting.length === 0) await once(port, 'message')
    const part = waiting.shift()
    if (part === 'end') return
    if (part === 'stop') throw new Error('The backup could not be read to its end.')
    if (part === undefined) continue
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength)
    answer('taken')
  }
}

function sent(error: unknown): SentError {
  const isError = error instanceof Error
  const own = isError ? Object.entries({ ...error }) : []
  return {
    isFromServer: error instanceof DatabaseError,
    message: isError ? error.message : String(error),
    fields: Object.fromEntries(
      own.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  }
}
