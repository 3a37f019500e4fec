/** Text that is HTML already and goes into the page as it is. Only `markup` makes it. */
export interface Markup {
  readonly html: string
}

/** What a template takes: text is escaped, markup is not, nothing is shown for null, undefined and false. */
export type Content = Markup | string | number | null | undefined | false | readonly Content[]

/** Template tag that escapes whatever is put in, so that forgetting to escape is not possible. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  const parts = strings.map((text, index) => text + (index < values.length ? htmlOf(values[index]) : ''))
  return { html: parts.join('') }
}

function htmlOf(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (typeof content === 'object')
    return 'html' in content ? content.html : content.map((part) => htmlOf(part)).join('')
  return escapeHtml(String(content))
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe in elements and quoted attributes. What would reorder or hide text becomes a replacement character. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu, '\u{FFFD}')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
