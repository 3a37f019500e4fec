import { variablePattern } from './evaluate.ts'
import { parseExpression } from './expression.ts'
import type { TrafficStep } from './traffic-plan.ts'

/**
 * Reads a pgbench script: SQL statements ended by `;`, `\set NAME EXPRESSION` with whole numbers, `+ - * / %`,
 * brackets, `:variables` and `random(FROM, TO)`, `\sleep NUMBER [us|ms|s]`, `--` comments. `:client_id` is there from
 * the start. Throws an Error that names the line on everything else, so that no script runs as something else.
 */
export function parsePgbench(text: string): TrafficStep[] {
  const steps: TrafficStep[] = []
  const known = new Set(['client_id'])
  let pending = ''
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const at = `line ${index + 1}`
    const isBetween = withoutComments(pending).trim() === ''
    const isMeta = isBetween && line.trimStart().startsWith('\\')
    if (isMeta) {
      pending = ''
      steps.push(metaCommand(line.trim(), known, at))
      continue
    }
    if (!isBetween && line.trimStart().startsWith('\\')) {
      throw new Error(`${at}: the SQL statement before it has no ; at its end`)
    }
    pending += `${line}\n`
    const { statements, rest } = splitStatements(pending)
    pending = rest
    for (const sql of statements) steps.push(sqlStep(sql, known))
  }
  if (withoutComments(pending).trim() !== '') steps.push(sqlStep(pending.trim(), known))
  if (!steps.some(({ kind }) => kind === 'sql')) throw new Error('it has no SQL statement')
  return steps
}

function metaCommand(line: string, known: Set<string>, at: string): TrafficStep {
  const [, command = '', rest = ''] = /^\\(\w+)\s*(.*)$/.exec(line) ?? []
  if (command === 'set') {
    const [, variable, expression] = /^([A-Za-z_]\w*)\s+(.+)$/.exec(rest) ?? []
    if (variable === undefined || expression === undefined)
      throw new Error(`${at}: \\set needs a name and an expression`)
    const parsed = parseExpression(expression, known, at)
    known.add(variable)
    return { kind: 'set', variable, expression: parsed }
  }
  if (command === 'sleep') {
    const [, number, unit = 's'] = /^(\d+)\s*(us|ms|s)?$/.exec(rest) ?? []
    if (number === undefined) throw new Error(`${at}: \\sleep needs a number and us, ms or s`)
    return { kind: 'sleep', durationMs: Number(number) * sleepUnits[unit as keyof typeof sleepUnits] }
  }
  throw new Error(`${at}: \\${command} is not supported, only \\set and \\sleep are`)
}

const sleepUnits = { us: 0.001, ms: 1, s: 1_000 }

function sqlStep(sql: string, known: ReadonlySet<string>): TrafficStep {
  const used = [...sql.matchAll(variablePattern)].map(([, name = '']) => name)
  // As in pgbench, what is no variable stays as it is: a time such as 12:30, say.
  return { kind: 'sql', sql, variables: [...new Set(used)].filter((name) => known.has(name)) }
}

/** Cuts at each `;` outside of quotes, dollar quotes and comments. */
function splitStatements(text: string): { statements: string[]; rest: string } {
  const statements: string[] = []
  let from = 0
  for (const token of text.matchAll(tokens)) {
    if (token[0] !== ';') continue
    const sql = text.slice(from, token.index).trim()
    if (withoutComments(sql).trim() !== '') statements.push(sql)
    from = token.index + 1
  }
  return { statements, rest: text.slice(from) }
}

/** What is not closed yet takes all to the end, so that no `;` in it is seen. */
const tokens =
  /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$(\w*)\$[^]*?(?:\$\1\$|$)|;/g

const withoutComments = (text: string): string => text.replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, '')
