import type { Finding, Severity } from '../../rehearsal.ts'
import { renderCaret } from '../caret.ts'
import { brief } from '../fitting.ts'
import { bySeverity, count } from '../text.ts'
import { markup, type Markup } from './markup.ts'
import { pill, severityTones } from './tone.ts'

/** Findings of each severity that are shown before the rest is folded. */
const shownFindings: Record<Severity, number> = { error: 25, unverified: 25, warning: 15, notice: 3 }
/** Characters of a statement that are shown when no error points into it. */
const shownStatement = 600
const shownDetails = 8
/** Findings of a severity that are told with their evidence; beyond, in a line each. */
const evidenced = 300
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

const bySeverityNames = Object.keys(severityTitles) as readonly Severity[]

export function findingsSection(findings: readonly Finding[]): Markup {
  const all = anchored(findings)
  const groups = bySeverityNames.map((severity) => {
    const group = all.filter(({ finding }) => finding.severity === severity)
    return { title: count(group.length, ...severityTitles[severity]), group, shown: shownFindings[severity] }
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
${groups.map(({ title, group, shown }) => {
  const rest = group.slice(shown)
  return markup`${group.slice(0, shown).map(article)}${
    rest.length > 0 &&
    markup`<details><summary>${rest.length} more of ${title}</summary>${rest.slice(0, evidenced).map(article)}${shortened(rest.slice(evidenced))}</details>`
  }`
})}</section>`
}

function shortened(rest: readonly { anchor: string; finding: Finding }[]): Markup | false {
  if (rest.length === 0) return false
  return markup`<p>The evidence and remedy of these is in the JSON report.</p><ul class="list small">${rest.map(
    ({ anchor, finding: { subject, id, message } }) =>
      markup`<li id="${anchor}"><b>${subject}</b> <code>${id}</code> ${message}</li>`,
  )}</ul>`
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
    !subject.startsWith(evidence.migration) &&
    markup`<p class="small muted">In ${evidence.migration}${evidence.direction !== undefined && `, ${evidence.direction}`}.</p>`
  }</article>
`
}

function statement({ text, position }: { text: string; position?: number }): Markup {
  const caret = position === undefined ? undefined : renderCaret({ text, position }, { maxWidth: 110 })
  const whole = caret === undefined ? text.length <= shownStatement : !caret.includes('…')
  return markup`${
    caret === undefined
      ? markup`<pre class="wrapped">${brief(text, shownStatement)}</pre>`
      : markup`<pre tabindex="0" role="group" aria-label="Statement">${caretLines(caret)}</pre>`
  }${
    !whole &&
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
