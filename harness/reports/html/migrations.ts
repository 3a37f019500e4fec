import type { MigrationRun, Rehearsal, StatementFacts } from '../../rehearsal.ts'
import { growthText } from '../growth-text.ts'
import { locksText } from '../locks-text.ts'
import { bytes, count, duration } from '../text.ts'
import { laidEndToEnd, timeline, type Lane } from './lanes.ts'
import { markup, type Markup } from './markup.ts'
import { section } from './section.ts'
import { pill, type Tone } from './tone.ts'

/** Every run of a migration as a bar, and what its statements did to the tables that were there. */
export function migrationsSection(rehearsal: Rehearsal): Markup {
  const { migrations, pending } = rehearsal
  const lanes = laidEndToEnd(migrations, (run: MigrationRun) => laneOf(rehearsal, run))
  const last = lanes.at(-1)
  const endMs = last === undefined ? 0 : last.startMs + last.durationMs
  return section(
    'migrations',
    'Migrations',
    pending?.length === 0
      ? 'None was pending: the backup has them all.'
      : lanes.length === 0
        ? 'None ran.'
        : 'In the order they ran, each as long as its own function took, laid end to end.',
    lanes.length > 0 &&
      markup`<div class="card flush">${legend(lanes)}${timeline({ caption: 'Migrations up and down', nameHeading: 'migration', endMs, wide: true, lanes })}</div>${statementsCard(rehearsal)}`,
  )
}

const statusTones: Record<MigrationRun['status'], Tone> = {
  success: 'good',
  error: 'bad',
  undone: 'unsure',
  'not-executed': 'unsure',
}

const fills = { error: 'bad', undone: 'unsure', 'not-executed': null } as const

function laneOf(rehearsal: Rehearsal, run: MigrationRun): Omit<Lane, 'startMs' | 'durationMs'> {
  const { name, direction, status, statements } = run
  const told = [direction, count(statements, 'statement'), ...locksText(rehearsal, run)].join(', ')
  return {
    name,
    note: markup`${told}${status !== 'success' && markup` ${pill(statusTones[status], status.replace('-', ' '))}`}`,
    fill: status === 'success' ? direction : fills[status],
    ...(status === 'not-executed' ? { instead: 'not run' } : {}),
  }
}

const legendTexts = { up: 'up', down: 'down', bad: 'error', unsure: 'undone, as the batch failed' }

function legend(lanes: readonly Lane[]): Markup {
  const used = Object.entries(legendTexts).filter(([fill]) => lanes.some((lane) => lane.fill === fill))
  return markup`<ul class="legend">${used.map(
    ([fill, text]) =>
      markup`<li><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect class="fill-${fill}" width="12" height="12" rx="3"/></svg>${text}</li>`,
  )}</ul>`
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
