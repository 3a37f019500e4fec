import { createHash } from 'node:crypto'
import { markup, type Content, type Markup } from './markup.ts'
import { style } from './style.ts'
import { signs } from './tone.ts'

/**
 * A whole page around its body: no script, no request to anywhere, light and dark. Its content security policy allows
 * nothing but its own style sheet, by digest.
 */
export function shell({ title, description, skip, body, further = '' }: Shell): Markup {
  const css = `${style}${further}`
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(css)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<meta name="description" content="${description}"><link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ html: css }}</style></head>
<body>${signs}<a class="skip" href="#main">${skip}</a>
${body}
</body></html>
`
}

export interface Shell {
  readonly title: string
  readonly description: string
  /** What the link for those who cannot see the page says, which leads to `#main`. */
  readonly skip: string
  readonly body: Content
  /** Rules beside those that every page has. */
  readonly further?: string
}

function policyFor(css: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
