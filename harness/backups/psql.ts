import { Readable } from 'node:stream'
import type { RestoreMessage, RestoreRequest } from './backup-format.ts'
import type { Adapter } from './adapt.ts'
import { restoreError } from './restore-error.ts'
import { OwnPart } from './sql/cluster.ts'
import { SqlSplitter } from './sql/splitter.ts'
import type { SqlEvent } from './sql/splitter.ts'
import { withProgress } from './with-progress.ts'

/** Loads a plain dump with the server's own psql; throws HarnessError at its first error. */
export async function loadWithPsql(request: RestoreRequest, adapter: Adapter): Promise<RestoreMessage[]> {
  const { file, server, database, onProgress, signal } = request
  const content = file.open(withProgress(onProgress))
  const stdin = Readable.from(adapted(content, adapter, request.facts.database), { objectMode: false })
  try {
    // Without ON_ERROR_STOP the rows of a failed COPY would be run as statements.
    const args = ['-X', '-q', '-b', '--no-password', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null']
    const { exitCode, stderr } = await server.runTool('psql', args, { database, stdin, signal })
    if (exitCode !== 0) throw psqlError(exitCode, stderr)
  } finally {
    stdin.destroy()
    content.destroy()
  }
  return adapter.messages
}

/** What is fed to psql: everything but comments, a chunk at a time. */
async function* adapted(
  content: AsyncIterable<Buffer>,
  adapter: Adapter,
  database: string | null,
): AsyncGenerator<Buffer, void, undefined> {
  const splitter = new SqlSplitter()
  const part = new OwnPart(database)
  for await (const chunk of content) yield await adaptedEvents(part.of(splitter.push(chunk)), adapter)
  yield await adaptedEvents(part.of(splitter.end()), adapter)
}

async function adaptedEvents(events: Iterable<SqlEvent>, adapter: Adapter): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (const event of events) {
    if (event.kind === 'statement') {
      const sql = adapter.adapt(event.sql)
      const run = sql instanceof Promise ? await sql : sql
      if (run !== undefined) pieces.push(run, newline)
    } else if (event.kind === 'copy') pieces.push(event.sql, newline)
    else if (event.kind === 'copy-data') pieces.push(event.data)
    else if (event.kind === 'copy-end') pieces.push(copyEnd)
    else if (event.kind === 'meta') pieces.push(event.before, Buffer.from(`${event.line}\n`))
    else if (event.kind === 'unterminated') throw restoreError(`the file ends inside ${event.what}`)
  }
  return Buffer.concat(pieces)
}

const newline = Buffer.from('\n')
const copyEnd = Buffer.from('\\.\n')

/** psql's last complaint, with the statement that `-b` makes it show. */
function psqlError(exitCode: number, stderr: string): Error {
  const at = stderr.search(/^(?:psql:[^\n]*? )?(?:psql: )?(?:error|ERROR|FATAL|PANIC): /m)
  const report = at < 0 ? stderr.trim().split('\n').slice(-5).join('\n') : stderr.slice(at)
  const [said = '', statement] = report.split(/^(?:psql:\S* )?STATEMENT: +/m)
  const text = said.replace(/^(?:psql:\S* )?(?:psql: )?/, '').trim()
  return restoreError(text === '' ? `psql ended with exit code ${exitCode}` : text, statement)
}
