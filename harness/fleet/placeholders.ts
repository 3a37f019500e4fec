/** A row that a list gave: columns by name. */
export type Row = Readonly<Record<string, unknown>>

const placeholder = /\{(\w+)\}/g

/** What the app's URLs have of their own; a column of that name beats it. */
const ownPlaceholders = new Set(['port'])

/** In what a shell runs, nothing that a shell would take for more than a word. */
const harmless = /^[\p{L}\p{N}_.@%+=:,/-]*$/u

/**
 * `value` with `{column}` replaced by what the row has there, in every text within it; a text that is nothing but
 * one placeholder becomes the column's value as it is. Throws when the row has no such column, and when what goes into a
 * command is more than a word to a shell.
 */
export function fillIn(value: unknown, row: Row, isCommand = false): unknown {
  if (typeof value === 'string') return fillText(value, row, isCommand)
  if (Array.isArray(value)) return value.map((item) => fillIn(item, row, isCommand))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      fillIn(item, row, isCommand || /(commands?|hook)$/i.test(key)),
    ]),
  )
}

function fillText(text: string, row: Row, isCommand: boolean): unknown {
  const whole = /^\{(\w+)\}$/.exec(text)?.[1]
  if (whole !== undefined && !isCommand && whole in row) return valueOf(row, whole)
  return text.replaceAll(placeholder, (all, column: string) => {
    if (!(column in row) && ownPlaceholders.has(column)) return all
    const value = String(valueOf(row, column))
    if (isCommand && !harmless.test(value))
      throw new Error(
        `{${column}} is ${JSON.stringify(value)}, which a shell would not take for one word of a command`,
      )
    return value
  })
}

function valueOf(row: Row, column: string): unknown {
  const value = row[column]
  if (value === undefined || value === null) {
    throw new Error(
      `{${column}} is ${value === null ? 'empty' : 'none'} of its columns, which are ${Object.keys(row).join(', ')}`,
    )
  }
  return value
}
