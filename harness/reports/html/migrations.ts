import type { MigrationRun, Rehearsal, StatementFacts } from '../../rehearsal.ts'
import { growthText } from '../growth-text.ts'
import { locksText } from '../locks-text.ts'
import { bytes, count, duration } from '../text.ts'
import { markup, type Markup } from './markup.ts'
import { section } from './section.ts'
import { statusPill } from './timeline.ts'

/** Runs listed before the rest is folded. */
const shownRows = 40

/** Each migration up and down, and what its statements did to the tables that were there. */
export function migrationsSection(rehearsal: Rehearsal): Markup {
  const { migrations, pending } = rehearsal
  const names = [...new Set(migrations.map(({ name }) => name))]
  const table = (shown: readonly string[]) =>
    markup`<div class="card flush"><table class="stacked"><thead><tr><th scope="col">migration</th><th scope="col">up</th><th scope="col">down</th></tr></thead><tbody>${shown.map((name) => row(rehearsal, name))}</tbody></table></div>`
  const rest = names.slice(shownRows)
  return section(
    'migrations',
    'Migrations',
    pending?.length === 0
      ? 'None was pending: the backup has them all.'
      : names.length === 0
        ? 'None ran.'
        : 'In their order, with the strongest lock of each. Times are of the run as in production.',
    names.length > 0 &&
      markup`${table(names.slice(0, shownRows))}${
        rest.length > 0 &&
        markup`<details><summary>${count(rest.length, 'more migration')}</summary>${table(rest)}</details>`
      }${statementsCard(rehearsal)}`,
  )
}

function row(rehearsal: Rehearsal, name: string): Markup {
  const cells = (['up', 'down'] as const).map((direction) => {
    const run = rehearsal.migrations.find((it) => it.name === name && it.direction === direction)
    return markup`<td><span class="only-phone">${direction}: </span>${run === undefined ? '–' : runCell(rehearsal, run)}</td>`
  })
  return markup`<tr><th scope="row">${name}</th>${cells}</tr>
`
}

function runCell(rehearsal: Rehearsal, run: MigrationRun): Markup {
  if (run.status === 'not-executed') return markup`${statusPill(run)}`
  const told = locksText(rehearsal, run).join('; ')
  return markup`${duration(run.durationMs)}, ${count(run.statements, 'statement')}${statusPill(run)}${told !== '' && markup`<span class="what">${told}</span>`}`
}

function statementsCard({ statements }: Rehearsal): Markup | false {
  if (statements.length === 0) return false
  const groups = Map.groupBy(statements, ({ migration, direction }) => `${migration}, ${direction}`)
  return markup`<div class="card"><h3>Statements and their locks</h3>
<p class="muted small">What each did to tables that were there before: locks and how long they were held, new storage, sequential scans, write-ahead log.</p>
${[...groups].map(
  ([title, group]) =>
    markup`<details class="statements"><summary>${title} <span class="muted">${count(group.length, 'statement')}</span></summary>${group.map(statement)}</details>
`,
)}</div>`
}

function statement(its: StatementFacts): Markup {
  const { text, durationMs, timing, locks, rewrites, scans, walBytes } = its
  const facts = [
    `${duration(durationMs)}${timing === 'observed' ? ', slowed down by looking' : ''}`,
    ...locks.map(
      ({ mode, relation, heldMs }) =>
        `${mode} on ${relation}${heldMs === null ? ', until when was not seen' : `, held ${duration(heldMs)}`}`,
    ),
    ...rewrites.map((relation) => `rewrites ${relation}`),
    ...scans.map(({ relation, rows }) => `reads ${count(rows, 'row')} of ${relation}`),
    ...(walBytes === 0 ? [] : [`${bytes(walBytes)} of write-ahead log`]),
    ...growthText(its),
  ]
  return markup`<pre class="wrapped">${text}</pre><ul class="list small">${facts.map((fact) => markup`<li>${fact}</li>`)}</ul>`
}
