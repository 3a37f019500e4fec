import { brief } from '../../../reports/fitting.ts'
import { markup, type Markup } from '../../../reports/html/markup.ts'
import { section } from '../../../reports/html/section.ts'
import { sign, verdictTones } from '../../../reports/html/tone.ts'
import { count, duration } from '../../../reports/text.ts'
import type { FleetDocument } from '../../document.ts'
import type { FleetResult } from '../../fleet.ts'
import { repeatText, troubled, verdictText } from '../text.ts'
import { databaseLink, href } from './link.ts'

/** Characters that say why a database did not pass; its report says more. */
const whyCharacters = 160

/** Databases before the rest is folded; when more than these passed, all that did are. */
const shownBad = 200
const shownGood = 100

/** Every database: those that did not pass first, then the others, folded where they are many. */
export function databasesSection({ results, repeats }: FleetDocument): Markup {
  const bad = troubled(results)
  const good = results.filter(({ verdict }) => verdict === 'passed')
  return section(
    'databases',
    'Databases',
    `${bad.length} did not pass, ${good.length} passed. A name leads to the report of its rehearsal.`,
    markup`${
      repeats.length > 0 &&
      markup`<div class="card"><h3>Results that came twice</h3><ul class="list">${repeats.map((repeat) => markup`<li>${repeatText(repeat)}.</li>`)}</ul></div>`
    }${bad.length > 0 && table('What did not pass', bad, shownBad)}${
      good.length > 0 && table('Passed', good, good.length > shownGood ? 0 : shownGood)
    }`,
  )
}

function table(title: string, results: readonly FleetResult[], shown: number): Markup {
  const rest = results.slice(shown)
  return markup`<div class="card flush scroll"><h3>${title}</h3>${shown > 0 && rows(results.slice(0, shown))}${
    rest.length > 0 &&
    markup`<details><summary>${count(rest.length, shown > 0 ? 'more database' : 'database')}</summary>${rows(rest)}</details>`
  }</div>`
}

function rows(results: readonly FleetResult[]): Markup {
  return markup`<table class="fleet stacked"><thead><tr><th scope="col">database</th><th scope="col">verdict</th><th class="num" scope="col">took</th><th scope="col">host</th><th scope="col">why</th><th scope="col">files</th></tr></thead>
<tbody>${results.map(row)}</tbody></table>`
}

function row(result: FleetResult): Markup {
  const { verdict, durationMs, where, notRun, attempts, summary, reports } = result
  return markup`<tr><th scope="row">${databaseLink(result)}</th><td class="cells"><span class="pill ${verdictTones[verdict]}">${sign(verdictTones[verdict])}${verdictText(result)}</span></td><td class="num">${
    notRun === undefined && duration(durationMs)
  }</td><td class="keep">${where}${attempts > 1 && `, try ${attempts}`}</td><td class="small why-not">${
    verdict !== 'passed' && brief(summary, whyCharacters)
  }</td><td class="small keep">${reports.json !== undefined && markup`<a href="${href(reports.json)}">json</a>`} ${
    reports.junit !== undefined && markup`<a href="${href(reports.junit)}">junit</a>`
  }</td></tr>
`
}
