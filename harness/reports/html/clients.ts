import type { Latencies, ProbedTable, ProbeSeries } from '../../probe-facts.ts'
import type { Rehearsal } from '../../rehearsal.ts'
import { probeLines } from '../probes-text.ts'
import { count, duration } from '../text.ts'
import { markup, type Markup } from './markup.ts'
import { shownFelt } from './overview.ts'
import { section } from './section.ts'

/** What other clients felt while the migrations ran; nothing when it was not asked. */
export function clientsSection(rehearsal: Rehearsal): Markup | false {
  const { probes } = rehearsal
  if (probes === undefined) return false
  const { tables, traffic, notProbed, intervalMs, ownLagMs } = probes
  const lines = probeLines(rehearsal)
  return section(
    'clients',
    'What clients would have felt',
    `One session read and one wrote a row of each table every ${intervalMs} ms while the migrations went up and down; the probing itself was late by ${duration(ownLagMs)} at most.`,
    markup`${
      lines.length > shownFelt &&
      markup`<div class="card"><ul class="list">${lines.map((line) => markup`<li>${line}</li>`)}</ul></div>`
    }
<div class="card flush"><table class="clients"><thead><tr><th scope="col">table</th>${headings}</tr></thead><tbody>${tables.map(
      (table) => rows(table),
    )}${traffic.map(({ name, before, during, after }) =>
      latencyRow(`traffic ${name}`, '', [before, during, after], ''),
    )}</tbody></table></div>${
      notProbed.length > 0 &&
      markup`<details><summary>${count(notProbed.length, 'locked table')} not probed</summary><ul class="list small">${notProbed.map(
        ({ table, reason }) => markup`<li>${table}: ${reason}</li>`,
      )}</ul></details>`
    }`,
  )
}

const headings = markup`<th class="num" scope="col">longest stall</th><th class="num" scope="col">p99 before</th><th class="num" scope="col">p99 during</th><th class="num" scope="col">p99 after</th>`

function rows({ name, reads, writes }: ProbedTable): Markup[] {
  const row = (kind: string, { quiet, during, after, longestStallMs }: ProbeSeries) =>
    latencyRow(name, kind, [quiet, during, after], longestStallMs === 0 ? 'none' : duration(longestStallMs))
  return [row('reads', reads), ...(writes === null ? [] : [row('writes', writes)])]
}

function latencyRow(
  name: string,
  kind: string,
  phases: readonly (Latencies | null)[],
  stall: string,
): Markup {
  return markup`<tr><th scope="row">${name}${kind !== '' && markup` <span class="muted">${kind}</span>`}</th><td class="num">${stall}</td>${phases.map(
    (phase) => markup`<td class="num">${phase === null ? '–' : `${phase.p99Ms} ms`}</td>`,
  )}</tr>`
}
