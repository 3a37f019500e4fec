import type { WireError, WireNotice } from './statement.ts'

/** Reads an ErrorResponse's body; a field that was cut off by the framer's limit keeps what is there. */
export function readError(body: Buffer): WireError {
  const fields = fieldsIn(body)
  const text = (key: string): string | null => fields.get(key) ?? null
  const number = (key: string): number | null => (fields.has(key) ? Number(fields.get(key)) : null)
  return {
    severity: text('V') ?? text('S') ?? 'ERROR',
    code: text('C') ?? '',
    message: text('M') ?? '',
    detail: text('D'),
    hint: text('H'),
    position: number('P'),
    where: text('W'),
    internalQuery: text('q'),
    internalPosition: number('p'),
    schema: text('s'),
    table: text('t'),
    column: text('c'),
    constraint: text('n'),
  }
}

/** Reads a NoticeResponse's body. */
export function readNotice(body: Buffer): WireNotice {
  const { severity, code, message } = readError(body)
  return { severity, code, message: message.slice(0, 1000) }
}

/** The text that ends with a zero byte at or after `offset`, or with the buffer; `next` is behind it. */
export function readText(body: Buffer, offset: number): { text: string; next: number } {
  const zero = body.indexOf(0, offset)
  const end = zero < 0 ? body.length : zero
  return { text: body.toString('utf8', offset, end), next: end + 1 }
}

// https://www.postgresql.org/docs/current/protocol-error-fields.html
function fieldsIn(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>()
  let offset = 0
  while (offset < body.length && body[offset] !== 0) {
    const { text, next } = readText(body, offset + 1)
    fields.set(String.fromCharCode(body[offset] ?? 0), text)
    offset = next
  }
  return fields
}
