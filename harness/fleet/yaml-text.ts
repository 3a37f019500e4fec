import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { z } from 'zod'

/** A YAML text that knows in which line each of its values is. */
export interface YamlText {
  readonly value: unknown
  /** What is no YAML, a line each, without the file's name: `3: …`. */
  readonly problems: readonly string[]
  /** 1-based line of what is at `path`, or of the nearest that is around it. */
  lineOf(path: readonly PropertyKey[]): number
}

/** Parses one YAML document (1.2, with merge keys). */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const problems = document.errors.map(({ pos, message }) => `${lineAt(pos[0])}: ${message}`)
  return {
    value: problems.length > 0 ? undefined : document.toJS(),
    problems,
    lineOf: (path) => lineAt(offsetOf(document, path)),
  }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = 0
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((it) => isScalar(it.key) && String(it.key.value) === String(key))
      if (pair === undefined) return offset
      offset = startOf(pair.key, offset)
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = startOf(node, offset)
    } else {
      return offset
    }
  }
  return offset
}

function startOf(node: unknown, otherwise: number): number {
  return (node as Node | undefined)?.range?.[0] ?? otherwise
}

/** What is wrong with a value and where, with what is allowed there; an unknown key is a problem of its own. */
export function describeIssue(issue: z.core.$ZodIssue): { path: PropertyKey[]; text: string }[] {
  const where = nameOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      text: `${where === '' ? 'the file' : where} knows no ${JSON.stringify(key)}`,
    }))
  }
  const why =
    issue.code === 'invalid_union' && issue.message === 'Invalid input'
      ? [...new Set(issue.errors.flat().map(({ message }) => message))].join(', or ')
      : issue.message
  return [{ path: issue.path, text: where === '' ? why : `${where}: ${why}` }]
}

/** `databases[2].migrate.command`. */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('')
}
