import type { Finding, Rehearsal } from '../../rehearsal.ts'
import { bytes, count, duration, verdictTitles } from '../text.ts'
import { feltLines } from '../felt-text.ts'
import { anchored } from './findings.ts'
import { markup, type Content, type Markup } from './markup.ts'
import { sign, verdictTones } from './tone.ts'

/** Steps listed at the top; the findings below have them all. */
const shownSteps = 5

/** What the first screen says: verdict, why, the figures, what to do. */
export function overview(rehearsal: Rehearsal): Markup {
  const { verdict, summary, startedAt, durationMs, backup, engine } = rehearsal
  const tone = verdictTones[verdict]
  return markup`<header class="top ${tone}"><div class="wrap">
<p class="eyebrow"><b>Migration rehearsal</b><span>${when(startedAt)}, took ${duration(durationMs)}</span>${
    backup !== null && markup`<span>backup ${fileName(backup.path)}</span>`
  }${engine !== null && markup`<span>Postgres ${engine.serverVersion}</span>`}</p>
<h1 class="verdict">${sign(tone)}${sentenceCase(verdictTitles[verdict])}</h1>
<p class="why">${summary}</p>
<div class="first">${felt(rehearsal)}${nextSteps(rehearsal)}</div>
<dl class="tiles">${tiles(rehearsal)}</dl>
</div></header>`
}

/** `23 November 2026, 11:12 UTC`. */
export function when(iso: string): string {
  const date = new Date(iso)
  const day = date.toLocaleDateString('en-GB', { timeZone: 'UTC', dateStyle: 'long' })
  return `${day}, ${iso.slice(11, 16)} UTC`
}

export const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path

const sentenceCase = (text: string): string => text.charAt(0) + text.slice(1).toLowerCase()

/** Lines of what clients would feel at the top; only where there are more are they listed below again. */
export const shownFelt = 4

function felt(rehearsal: Rehearsal): Markup | false {
  const lines = feltLines(rehearsal)
  if (lines.length === 0) return false
  const more = lines.length - shownFelt
  return markup`<section class="felt-now" aria-labelledby="felt-title"><h2 id="felt-title">What clients would feel</h2>
<ul class="list">${lines.slice(0, shownFelt).map((line) => markup`<li>${line}</li>`)}</ul>${
    more > 0 &&
    markup`<p class="small"><a href="#${rehearsal.probes === undefined ? 'timeline' : 'clients'}">${count(more, 'more line')}</a></p>`
  }</section>`
}

interface Step {
  readonly text: string
  readonly anchor: string
  readonly subjects: string[]
}

function nextSteps({ verdict, findings, stages }: Rehearsal): Markup {
  const weighty = anchored(findings).filter(({ finding }) => matters(finding))
  const steps = new Map<string, Step>()
  for (const { anchor, finding } of weighty) {
    const text = finding.remedy ?? `Mend this: ${finding.message}`
    const step = steps.get(text) ?? { text, anchor, subjects: [] }
    if (!step.subjects.includes(finding.subject)) step.subjects.push(finding.subject)
    steps.set(text, step)
  }
  const shown = [...steps.values()].slice(0, shownSteps)
  const rest = steps.size - shown.length
  const stopped = stages.find((stage) => stage.status === 'halted' || stage.status === 'crashed')
  return markup`<section class="next" aria-labelledby="next-title"><h2 id="next-title">What to do next</h2>
${
  shown.length > 0
    ? markup`<ol>${shown.map(({ text, anchor, subjects }) => markup`<li>${text} <a class="for" href="#${anchor}">${some(subjects)}</a></li>`)}</ol>`
    : markup`<p>${
        verdict === 'passed'
          ? 'Nothing has to be mended. Read the limits below before you choose a window for production.'
          : `Get ${stopped?.name ?? 'every stage'} to complete, and rehearse again.`
      }</p>`
}${rest > 0 && markup`<p class="small"><a href="#findings">${count(rest, 'more step')} with the findings</a></p>`}</section>`
}

const matters = ({ severity }: Finding): boolean => severity !== 'notice'

function some(subjects: readonly string[]): string {
  const shown = subjects.slice(0, 3).join(', ')
  return subjects.length > 3 ? `${shown} and ${subjects.length - 3} more` : shown
}

function tiles(rehearsal: Rehearsal): Markup[] {
  const { pending, migrations, tables, specs } = rehearsal
  const spent = (direction: 'up' | 'down') =>
    migrations.filter((run) => run.direction === direction && run.status !== 'not-executed')
  const sum = (runs: readonly { durationMs: number }[]) =>
    duration(runs.reduce((total, run) => total + run.durationMs, 0))
  const applied = spent('up').filter((run) => run.status === 'success').length
  const down = spent('down').filter((run) => run.status === 'success').length
  const passed = specs.reduce((total, pass) => total + pass.passed, 0)
  const failed = specs.reduce((total, pass) => total + pass.failed, 0)
  const rows = tables.reduce((total, table) => total + table.rows, 0)
  const size = tables.reduce((total, table) => total + table.bytes, 0)
  return [
    tile(
      'migrations applied',
      pending === null ? 'unknown' : `${applied} of ${pending.length}`,
      pending !== null && applied < pending.length,
    ),
    tile('time in up', spent('up').length === 0 ? 'none ran' : sum(spent('up'))),
    tile('taken down again', `${down} of ${applied}`, down < applied),
    tile('time in down', spent('down').length === 0 ? 'none ran' : sum(spent('down'))),
    tile('specs passed', `${passed} of ${passed + failed}`, failed > 0 || passed === 0),
    tile(
      tables.length === 0 ? 'rows' : `rows in ${count(tables.length, 'table')}, ${bytes(size)}`,
      tables.length === 0 ? 'unknown' : rows.toLocaleString('en-GB'),
    ),
  ]
}

function tile(name: string, value: Content, flagged = false): Markup {
  return markup`<div class="tile"><dt>${name}</dt><dd class="${flagged && 'flag'}">${value}</dd></div>`
}
