import { brief } from './fitting.ts'

/** A table with a heading. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return tableLines(head, rows).join('\n')
}

/** The same, a line each. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
}

/** Text for one cell of a table. */
export function cell(text: string): string {
  return line(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
}

const lineLength = 600

/** Escaped, and short: what grows by escaping is cut further, so that the limit holds for any text. */
export function line(text: string, maxLength = lineLength): string {
  const escaped = escape(brief(text, maxLength))
  return escaped.length <= maxLength * 1.5 ? escaped : escape(brief(text, maxLength / 5))
}

/** Text from databases and specs must not become markup: HTML, links, mentions. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*[\]]|(?<!\w)_|_(?!\w)/g, String.raw`\$&`)
    .replaceAll('@', '@\u200B')
}

/** A block of code, whatever it holds. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
