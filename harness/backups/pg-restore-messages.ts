import type { ToolResult } from '../engines/engine.ts'
import type { RestoreMessage } from './backup-format.ts'
import { excerpt, fatalError, restoreError } from './restore-error.ts'

/**
 * What pg_restore said, classified: every error that is not known to be harmless lost an object. Throws
 * HarnessError when the copy is unusable, or when it failed without saying why.
 */
export function pgRestoreMessages({ exitCode, stderr }: ToolResult): RestoreMessage[] {
  const reports = reportsOf(stderr)
  for (const { text } of reports) {
    const fatal = fatalError(text)
    if (fatal !== undefined) throw fatal
  }
  const errors = reports.filter((report) => report.level === 'error')
  if (exitCode !== 0 && (exitCode > 1 || errors.length === 0)) {
    throw restoreError(`pg_restore ended with exit code ${exitCode}. ${lastLines(stderr)}`)
  }
  return [...reports.map(messageOf), ...unseen(stderr, errors.length)]
}

interface Report {
  readonly level: 'error' | 'warning'
  readonly text: string
  /** `TABLE titles`, the entry that was being restored. */
  readonly item: string | null
}

/** Each begins with the program's name; other lines go on with it. Before version 12 levels were not named. */
function reportsOf(stderr: string): Report[] {
  const reports: Report[] = []
  let item: string | null = null
  for (const block of stderr.split(/^(?=pg_restore: )/m)) {
    const text = block.replace(/^pg_restore: (?:\[[^\]]*\] )?/, '').trimEnd()
    const entry = /^(?:Error )?from TOC entry \d+; \d+ \d+ (.*)/.exec(text)
    if (entry !== null) item = (entry[1] ?? '').replace(/ (?:\(no owner\)|\S+)$/, '')
    else if (/^(?:while|Error while|hint: |detail: |info: |(?:warning|WARNING): errors ignored)/.test(text))
      continue
    else if (/^warning: /i.test(text)) reports.push({ level: 'warning', text, item: null })
    else if (block.startsWith('pg_restore: ')) reports.push({ level: 'error', text, item })
  }
  return reports
}

function messageOf({ level, text, item }: Report): RestoreMessage {
  const [said = '', command] = text.replace(/^(?:error|warning): /i, '').split(/\n? *Command was: /)
  const [first = '', ...rest] = said.split('\n')
  const context = rest
    .filter((line) => /^(?:DETAIL|HINT|CONTEXT): /.test(line))
    .map((line) => line.slice(0, 200))
  const words = [first.replace(/^could not execute query: ERROR: +/, ''), ...context].join(' ')
  const kind = level === 'warning' || harmless.some((pattern) => pattern.test(first)) ? 'benign' : 'degraded'
  // Without --verbose newer versions name the statement alone.
  const what = item ?? (command === undefined ? null : excerpt(command).replace(/;$/, ''))
  return { kind, text: what === null ? words : `${what}: ${words}` }
}

/** What is missing afterwards is either there already or means nothing to this server. */
const harmless = [
  /schema "public" already exists/,
  /unrecognized configuration parameter/,
  /must be owner of extension plpgsql/,
  /(?:extension|language) "plpgsql" already exists/,
]

/** Errors that scrolled out of what is kept of stderr. */
function unseen(stderr: string, seen: number): RestoreMessage[] {
  const total = Number(/errors ignored on restore: (\d+)/.exec(stderr)?.[1] ?? 0)
  return total > seen
    ? [{ kind: 'degraded', text: `${total - seen} further errors of pg_restore are not listed` }]
    : []
}

function lastLines(stderr: string): string {
  return stderr.trim().split('\n').slice(-5).join('\n')
}
