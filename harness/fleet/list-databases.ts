import { execa } from 'execa'
import { HarnessError, messageOf } from '../errors.ts'
import { openRun } from '../runs/open-run.ts'
import { endGroup } from '../runs/process-group.ts'
import { openSession } from '../source/session.ts'
import { sourceFrom } from '../source-setting.ts'
import type { FleetList } from './fleet-schema.ts'
import type { Row } from './placeholders.ts'

type Environment = Readonly<Record<string, string | undefined>>

const limitMs = 60_000

/**
 * The rows of a list, by its command or by its query. Throws HarnessError `fleet-list-failed`; of a server also
 * what taking a backup of it would (`source-unreachable`, `source-refused`, `invalid-source`).
 */
export async function listDatabases(
  { command, query, urlVariable }: FleetList,
  { cwd, environment }: { readonly cwd: string; readonly environment: Environment },
): Promise<readonly Row[]> {
  if (command !== undefined) return rowsOf(command, await outputOf(command, cwd, environment))
  return await ask(query ?? '', urlVariable ?? '', environment)
}

async function outputOf(command: string, cwd: string, environment: Environment): Promise<string> {
  const run = await openRun()
  const child = execa(command, {
    shell: true,
    cwd,
    env: environment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'ignore',
    maxBuffer: 16 * 1024 * 1024,
  })
  const { pid } = child
  if (pid !== undefined) run.track(pid)
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (pid !== undefined) void endGroup(pid)
  }, limitMs)
  try {
    const result = await child
    if (late) throw failed(command, `it took longer than ${limitMs / 1_000} s`)
    if (result.failed) throw failed(command, result.stderr.trim() || result.shortMessage || 'it failed')
    return result.stdout
  } finally {
    clearTimeout(timer)
    if (pid !== undefined) await endGroup(pid)
    await run.dispose()
  }
}

/** A JSON array, JSON objects line by line, or a name a line. */
function rowsOf(command: string, output: string): Row[] {
  const text = output.trim()
  if (text === '') return []
  if (!/^[[{]/.test(text)) return text.split(/\r?\n/).flatMap((line) => nameRow(line.trim()))
  const parsed = jsonOf(text) ?? text.split(/\r?\n/).map((line) => jsonOf(line.trim()))
  const items: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  return items.map((item, index) => {
    if (typeof item === 'string' || typeof item === 'number') return { name: String(item) }
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item as Row
    throw failed(command, `item ${index + 1} of what it printed is neither a name nor an object`)
  })
}

function nameRow(name: string): Row[] {
  return name === '' ? [] : [{ name }]
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One statement, in a session that can write nothing and that neither waits nor works for long. */
async function ask(query: string, variable: string, environment: Environment): Promise<Row[]> {
  const client = await openSession(named(variable, environment), limitMs)
  try {
    await client.query('begin transaction read only')
    // By the extended protocol the server takes one statement, which so cannot make the transaction another.
    const one = { text: query, queryMode: 'extended' }
    const { rows, fields } = await client.query<Record<string, unknown>>(one)
    const whole = fields.filter(({ dataTypeID }) => wholeNumbers.has(dataTypeID)).map(({ name }) => name)
    return rows.map((row) => ({ ...row, ...numbers(row, whole) }))
  } catch (error) {
    throw failed(`query on ${variable}`, messageOf(error))
  } finally {
    await client.end().catch(() => {})
  }
}

/** int8, int2 and int4, as in pg_type; everything else is text. */
const wholeNumbers = new Set([20, 21, 23])

function numbers(row: Row, columns: readonly string[]): Row {
  const filled = columns.filter((column) => row[column] !== null)
  return Object.fromEntries(filled.map((column) => [column, Number(row[column])]))
}

function named(variable: string, environment: Environment): ReturnType<typeof sourceFrom> {
  try {
    return sourceFrom(variable, environment)
  } catch (error) {
    if (error instanceof HarnessError) throw error
    throw failed(`query on ${variable}`, messageOf(error))
  }
}

function failed(what: string, why: string): HarnessError {
  return new HarnessError('fleet-list-failed', `The databases could not be listed by ${what}: ${why}`, {
    hint: 'Run the command or query of `list` in the fleet file by hand; it must give a name for each database.',
  })
}
