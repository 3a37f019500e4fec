/**
 * As many of the first parts as stay within `maxLength` characters with what joins them, then one that says how
 * many were left out.
 */
export function fitting(
  parts: readonly string[],
  maxLength: number,
  { join, more }: { join: string; more: (left: number) => string },
): string[] {
  let length = 0
  const over = parts.findIndex((part) => (length += part.length + join.length) > maxLength)
  return over < 0 ? [...parts] : [...parts.slice(0, over), more(parts.length - over)]
}

/** The text, or its beginning and an ellipsis where it is longer. */
export function brief(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).toWellFormed()}…`
}
