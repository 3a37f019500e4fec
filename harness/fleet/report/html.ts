import { when } from '../../reports/html/overview.ts'
import { markup, type Markup } from '../../reports/html/markup.ts'
import { shell } from '../../reports/html/shell.ts'
import { sign, verdictTones } from '../../reports/html/tone.ts'
import { count, duration, verdictTitles } from '../../reports/text.ts'
import { median } from '../../median.ts'
import type { FleetDocument } from '../document.ts'
import { databasesSection } from './html/databases.ts'
import { findingsSection } from './html/findings.ts'
import { migrationsSection } from './html/migrations.ts'
import { outliersSection } from './html/outliers.ts'
import type { FleetReport } from './report.ts'
import { shareText } from './text.ts'

/** One file for people, light enough for 1,000 databases; the reports of each are linked. */
export const html = {
  name: 'html',
  description: 'one self-contained page for people, which leads to the report of each database',
  file: 'fleet.html',
  render: (document) => page(document).html,
} satisfies FleetReport

function page(document: FleetDocument): Markup {
  const { tool, verdict, summary } = document
  return shell({
    title: `${verdictTitles[verdict]}: fleet rehearsal`,
    description: summary,
    skip: 'Skip to the databases',
    further: style,
    body: markup`${overview(document)}
${jumps(document)}
<main class="wrap" id="main">
${findingsSection(document)}${outliersSection(document)}${databasesSection(document)}${migrationsSection(document)}
</main>
<footer><div class="wrap">${tool.name} ${tool.version}. This page is complete in itself: it loads nothing and runs no script.</div></footer>`,
  })
}

/** Names and hosts stay on a line where there is room. */
const style = `
.fleet :is(td,th){overflow-wrap:normal}.fleet th[scope=row]{overflow-wrap:anywhere;min-width:9rem;width:auto}
.fleet .keep{white-space:nowrap}.fleet .why-not{min-width:18rem;overflow-wrap:anywhere}
@media (max-width:40rem){.stacked.fleet .num{text-align:left}}
`

function overview(document: FleetDocument): Markup {
  const { verdict, summary, startedAt, durationMs, results } = document
  const tone = verdictTones[verdict]
  const hosts = new Set(results.flatMap(({ where }) => where ?? [])).size
  const share = shareText(document)
  return markup`<header class="top ${tone}"><div class="wrap">
<p class="eyebrow"><b>Fleet rehearsal</b><span>${when(startedAt)}, took ${duration(durationMs)}</span><span>${count(results.length, 'database')}</span>${
    hosts > 0 && markup`<span>on ${count(hosts, 'host')}</span>`
  }</p>
<h1 class="verdict">${sign(tone)}${sentenceCase(verdictTitles[verdict])}</h1>
<p class="why">${summary}</p>${share !== undefined && markup`<p>${share}</p>`}
<dl class="tiles">${tiles(document)}</dl>
</div></header>`
}

const sentenceCase = (text: string): string => text.charAt(0) + text.slice(1).toLowerCase()

function tiles({ results }: FleetDocument): Markup[] {
  const having = (verdict: string) =>
    results.filter((it) => it.verdict === verdict && it.notRun === undefined).length
  const idle = results.filter(({ notRun }) => notRun !== undefined).length
  const times = results.filter(({ rehearsal }) => rehearsal !== null).map(({ durationMs }) => durationMs)
  return [
    tile('passed', having('passed')),
    tile('failed', having('failed'), having('failed') > 0),
    tile('could not verify', having('could-not-verify'), having('could-not-verify') > 0),
    tile('not rehearsed', idle, idle > 0),
    tile('usual time of one', times.length === 0 ? 'none ran' : duration(median(times))),
    tile('longest', times.length === 0 ? 'none ran' : duration(Math.max(...times))),
  ]
}

function tile(name: string, value: string | number, flagged = false): Markup {
  return markup`<div class="tile"><dt>${name}</dt><dd class="${flagged && 'flag'}">${value}</dd></div>`
}

function jumps({ findings, outliers, results }: FleetDocument): Markup {
  const entries = [
    ['findings', 'Findings', findings.length],
    ['outliers', 'Outliers', outliers.length],
    ['databases', 'Databases', results.length],
    [
      'migrations',
      'Migrations',
      new Set(results.flatMap((it) => it.migrations.map(({ name }) => name))).size,
    ],
  ] as const
  return markup`<nav class="jump" aria-label="Parts of this report"><div class="wrap"><ul>${entries.map(
    ([id, title, number]) => markup`<li><a href="#${id}">${title} <span>${number}</span></a></li>`,
  )}</ul></div></nav>`
}
