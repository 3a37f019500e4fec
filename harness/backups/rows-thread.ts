import { extname } from 'node:path'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { DatabaseError } from 'pg'
import { HarnessError } from '../errors.ts'
import type { RowsAnswer, RowsOrder, RowsPart, RowsRequest, SentError } from './rows-protocol.ts'

/** The thread of load-rows.ts. */
export interface RowsThread {
  /**
   * Loads the rows of one table, given as they are stored. Throws the server's DatabaseError, what decompressing them
   * throws, what reading `chunks` throws, or the signal's reason.
   */
  load(request: RowsRequest, chunks: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void>
  /** Ends it, with the sessions that it has. */
  close(): Promise<void>
}

/** Chunks on their way to the thread, for each table. */
const window = 8

/** Starts the thread; it keeps the program from ending until it is closed. */
export function startRowsThread(): RowsThread {
  const worker = new Worker(new URL(`./load-rows${extname(import.meta.url)}`, import.meta.url))
  const gone = Promise.withResolvers<never>()
  gone.promise.catch(() => {})
  worker.once('error', gone.reject)
  worker.once('exit', () => gone.reject(new Error('The thread that loads rows has ended.')))
  return {
    async load(request, chunks, signal) {
      signal.throwIfAborted()
      const { port1: port, port2 } = new MessageChannel()
      const aborted = Promise.withResolvers<never>()
      const onAbort = (): void => aborted.reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        worker.postMessage({ ...request, port: port2 } satisfies RowsOrder, [port2])
        await Promise.race([send(port, chunks), gone.promise, aborted.promise])
      } finally {
        signal.removeEventListener('abort', onAbort)
        port.close()
      }
    },
    close: async () => void (await worker.terminate()),
  }
}

async function send(port: MessagePort, chunks: AsyncIterable<Buffer>): Promise<void> {
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => {})
  let under = 0
  let room = Promise.withResolvers<void>()
  let isOver = false
  const over = (): void => {
    isOver = true
    room.resolve()
  }
  port.on('message', (answer: RowsAnswer) => {
    if (answer === 'taken') {
      under -= 1
      return room.resolve()
    }
    if (answer === 'done') ended.resolve()
    else ended.reject(received(answer.failed))
    over()
  })
  // Nobody waits for it any more; what is read is closed.
  port.once('close', () => {
    ended.reject(new Error('The loading of rows was given up.'))
    over()
  })
  const post = (part: RowsPart): void => {
    // Handed over where nothing else lies in the same memory.
    const isWhole = typeof part !== 'string' && part.byteLength === part.buffer.byteLength
    port.postMessage(part, isWhole && part.buffer instanceof ArrayBuffer ? [part.buffer] : [])
  }
  try {
    for await (const chunk of chunks) {
      if (under >= window && !isOver) {
        room = Promise.withResolvers<void>()
        await room.promise
      }
      if (isOver) break
      under += 1
      post(chunk)
    }
  } catch (error) {
    post('stop')
    await ended.promise.catch(() => {})
    throw error
  }
  if (!isOver) post('end')
  await ended.promise
}

function received({ isFromServer, message, fields }: SentError): Error {
  const { code = '', hint = '', name } = fields
  if (isFromServer) return Object.assign(new DatabaseError(message, message.length, 'error'), fields)
  return name === 'HarnessError'
    ? new HarnessError(code, message, { hint })
    : Object.assign(new Error(message), fields)
}
