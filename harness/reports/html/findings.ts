import type { Finding, Severity } from '../../rehearsal.ts'
import { renderCaret } from '../caret.ts'
import { bySeverity, count } from '../text.ts'
import { markup, type Markup } from './markup.ts'
import { pill, severityTones } from './tone.ts'

/** Findings of one severity that are shown before the rest is folded. */
const shownOfEach = 25
const shownDetails = 8
const statementMax = 20_000

const severityTitles: Record<Severity, [string, string]> = {
  error: ['error', 'errors'],
  unverified: ['not verified', 'not verified'],
  warning: ['warning', 'warnings'],
  notice: ['notice', 'notices'],
}

/** Worst first, with the anchor each one has on the page. */
export function anchored(findings: readonly Finding[]): { anchor: string; finding: Finding }[] {
  return bySeverity(findings).map((finding, index) => ({ anchor: `finding-${index + 1}`, finding }))
}

export function findingsSection(findings: readonly Finding[]): Markup {
  const all = anchored(findings)
  const groups = Object.entries(severityTitles).map(([severity, [singular, plural]]) => {
    const group = all.filter(({ finding }) => finding.severity === severity)
    return { title: count(group.length, singular, plural), group }
  })
  return markup`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>
<p class="lead">${
    all.length === 0
      ? 'Nothing was found: neither wrong nor worth a word.'
      : groups
          .filter(({ group }) => group.length > 0)
          .map(({ title }) => title)
          .join(', ')
  }</p>
${groups.map(({ title, group }) => {
  const rest = group.slice(shownOfEach)
  return markup`${group.slice(0, shownOfEach).map(article)}${
    rest.length > 0 &&
    markup`<details><summary>${rest.length} more of ${title}</summary>${rest.map(article)}</details>`
  }`
})}</section>`
}

function article({ anchor, finding }: { anchor: string; finding: Finding }): Markup {
  const { severity, id, subject, message, remedy, evidence } = finding
  const tone = severityTones[severity]
  return markup`<article class="card finding ${tone}" id="${anchor}">
<h3>${pill(tone, severity === 'unverified' ? 'not verified' : severity)}<span>${subject}</span><code class="id">${id}</code></h3>
<p>${message}</p>
${evidence?.statement !== undefined && statement(evidence.statement)}${details(evidence?.details ?? [])}${
    remedy !== undefined && markup`<p class="remedy"><b>What to do</b>${remedy}</p>`
  }${
    evidence?.migration !== undefined &&
    evidence.migration !== subject &&
    markup`<p class="small muted">In ${evidence.migration}${evidence.direction !== undefined && `, ${evidence.direction}`}.</p>`
  }</article>
`
}

function statement({ text, position }: { text: string; position?: number }): Markup {
  const shown = renderCaret({ text, position: position ?? null })
  const cut = shown.includes('…') && !text.includes('…')
  return markup`<pre tabindex="0" role="group" aria-label="Statement">${caretLines(shown)}</pre>${
    cut &&
    markup`<details><summary>The whole statement</summary><pre class="wrapped">${text.slice(0, statementMax)}${
      text.length > statementMax && `\n… ${count(text.length - statementMax, 'more character')}`
    }</pre></details>`
  }`
}

/** The caret in the colour of errors; everything else as it is. */
function caretLines(shown: string): Markup[] {
  return shown
    .split('\n')
    .map((line, index) =>
      /^(?: *\| )? *\^$/.test(line)
        ? markup`${index > 0 && '\n'}<span class="caret">${line}</span>`
        : markup`${index > 0 && '\n'}${line}`,
    )
}

function details(lines: readonly string[]): Markup | false {
  if (lines.length === 0) return false
  const rest = lines.slice(shownDetails)
  return markup`<pre class="wrapped">${lines.slice(0, shownDetails).join('\n')}</pre>${
    rest.length > 0 &&
    markup`<details><summary>${count(rest.length, 'more line')}</summary><pre class="wrapped">${rest.join('\n')}</pre></details>`
  }`
}
