import { once } from 'node:events'
import type { Client } from 'pg'
import type { CopyStreamQuery } from 'pg-copy-streams'
import { messageOf } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import type { Adapter } from './adapt.ts'
import type { RestoreMessage, RestoreRequest } from './backup-format.ts'
import { copyRaw, runRaw } from './raw-query.ts'
import { restoreError } from './restore-error.ts'
import { OwnPart } from './sql/cluster.ts'
import { SqlSplitter } from './sql/splitter.ts'
import type { SqlEvent } from './sql/splitter.ts'
import { withProgress } from './with-progress.ts'

/**
 * Loads a plain dump without any client tool, statement by statement, COPY data streamed with back-pressure.
 * Throws HarnessError at the first error, as psql does with ON_ERROR_STOP.
 */
export async function loadBuiltIn(request: RestoreRequest, adapter: Adapter): Promise<RestoreMessage[]> {
  const { file, server, database, onProgress, signal } = request
  const content = file.open(withProgress(onProgress))
  try {
    await withClient(server.connection(database), async (client) => {
      const end = (): void => void client.connection.stream.destroy()
      signal.addEventListener('abort', end, { once: true })
      try {
        // It may have been aborted while the session was being opened.
        signal.throwIfAborted()
        await load(client, content, adapter, request)
      } finally {
        signal.removeEventListener('abort', end)
      }
    })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    content.destroy()
  }
  return adapter.messages
}

async function load(
  client: Client,
  content: AsyncIterable<Buffer>,
  adapter: Adapter,
  { signal, facts: { database } }: RestoreRequest,
): Promise<void> {
  const loading = new Loading(client, adapter)
  const splitter = new SqlSplitter()
  const part = new OwnPart(database)
  for await (const chunk of content) {
    for (const event of part.of(splitter.push(chunk))) await loading.take(event)
    signal.throwIfAborted()
  }
  for (const event of part.of(splitter.end())) await loading.take(event)
}

/** One session's progress through a dump. */
class Loading {
  readonly #client: Client
  readonly #adapter: Adapter
  #copy:
    | { readonly stream: CopyStreamQuery; readonly sql: string; readonly failed: Promise<never> }
    | undefined

  constructor(client: Client, adapter: Adapter) {
    this.#client = client
    this.#adapter = adapter
  }

  async take(event: SqlEvent): Promise<void> {
    switch (event.kind) {
      case 'statement':
        return await this.#run(event.sql)
      case 'copy':
        return this.#begin(event.sql)
      case 'copy-data':
        return await this.#write(event.data)
      case 'copy-end':
        return await this.#finish()
      case 'unterminated':
        throw restoreError(`the file ends inside ${event.what}`)
    }
  }

  async #run(sql: Buffer): Promise<void> {
    const adapted = await this.#adapter.adapt(sql)
    if (adapted === undefined) return
    try {
      await runRaw(this.#client, adapted)
    } catch (error) {
      throw restoreError(describe(error), sql.toString('utf8', 0, 1000))
    }
  }

  #begin(sql: Buffer): void {
    const stream = copyRaw(this.#client, sql)
    const { promise: failed, reject } = Promise.withResolvers<never>()
    // Heard here at any time; without a listener it would end the program.
    failed.catch(() => {})
    stream.on('error', (error) => reject(restoreError(describe(error), sql.toString())))
    this.#copy = { stream, sql: sql.toString(), failed }
  }

  async #write(data: Buffer): Promise<void> {
    if (this.#copy === undefined) return
    const { stream, failed } = this.#copy
    await Promise.race([failed, new Promise<void>((resolve) => stream.write(data, () => resolve()))])
  }

  async #finish(): Promise<void> {
    if (this.#copy === undefined) return
    const { stream, failed } = this.#copy
    this.#copy = undefined
    stream.end()
    await Promise.race([failed, once(stream, 'finish')])
  }
}

/** The server's message with what it says besides. */
function describe(error: unknown): string {
  const parts = [messageOf(error)]
  for (const field of ['detail', 'hint', 'where'] as const) {
    const value: unknown = error instanceof Error && field in error ? Reflect.get(error, field) : undefined
    if (typeof value === 'string' && value !== '')
      parts.push(`${field.toUpperCase()}: ${value.split('\n')[0]}`)
  }
  return parts.join(' ')
}
