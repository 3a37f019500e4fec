import { inspect } from 'node:util'
import { messageOf } from '../errors.ts'
import type { ThrownError } from './protocol.ts'

/** Anything thrown as plain data, with Postgres's fields and those of its causes. */
export function thrownError(thrown: unknown): ThrownError {
  if (!(thrown instanceof Error) && !isErrorLike(thrown)) {
    const message = typeof thrown === 'string' ? thrown : inspect(thrown)
    return { name: 'NonError', message, stack: '', fields: {} }
  }
  return {
    name: String(thrown.name),
    message: thrown instanceof Error ? messageOf(thrown) : String(thrown.message),
    stack: stackOf(thrown),
    fields: fieldsOf(thrown),
  }
}

interface ErrorLike {
  readonly name?: unknown
  readonly message: unknown
  readonly stack?: unknown
  readonly cause?: unknown
}

/** Errors of another realm, and of libraries that do not extend Error. */
function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null && 'message' in value
}

function stackOf(thrown: ErrorLike): string {
  const stack = typeof thrown.stack === 'string' ? thrown.stack : ''
  const cause = isErrorLike(thrown.cause) ? `\ncaused by ${stackOf(thrown.cause)}` : ''
  return stack + cause
}

const fieldNames = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
].concat(['schema', 'table', 'column', 'dataType', 'constraint', 'routine'])

function fieldsOf(thrown: ErrorLike): Record<string, string> {
  const inner = isErrorLike(thrown.cause) ? fieldsOf(thrown.cause) : {}
  const own: Record<string, string> = {}
  for (const name of fieldNames) {
    const value: unknown = Reflect.get(thrown, name)
    if (typeof value === 'string' || typeof value === 'number') own[name] = String(value)
  }
  return { ...inner, ...own }
}
