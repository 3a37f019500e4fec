import type { CrashFacts, Rehearsal } from '../../rehearsal.ts'
import { crashSummary, faultTitles, harmOf, oneLine, outcomeText } from '../crash-text.ts'
import { count } from '../text.ts'
import { markup, type Markup } from './markup.ts'
import { section } from './section.ts'
import { sign, type Tone } from './tone.ts'

/** Statements without harm that are shown before the rest is folded, and in all. */
const [shownRows, mostRows] = [12, 300]

/** What becomes of the database when the migrator dies: a row for each statement, a column for each kind of death. */
export function crashesSection(rehearsal: Rehearsal): Markup | false {
  const { crashes } = rehearsal
  if (crashes.length === 0) return false
  const faults = faultKinds.filter((fault) => crashes.some((crash) => crash.fault === fault))
  const groups = groupsOf(crashes)
  const harmful = groups.filter(({ harm }) => harm > 0)
  const calm = groups.filter(({ harm }) => harm === 0)
  const shown = [...harmful, ...calm].slice(0, Math.max(harmful.length, shownRows))
  const rest = groups.length - shown.length
  const folded = calm.slice(calm.length - rest)
  return section(
    'crashes',
    'When the migrator dies',
    `${crashSummary(rehearsal)}.`,
    markup`<div class="card flush">${legend}${matrix(shown, faults, 'Deaths of the migrator')}${
      rest > 0 &&
      markup`<details><summary>${count(rest, 'more statement')} without harm</summary>${matrix(folded.slice(0, mostRows), faults, 'More deaths of the migrator')}${
        rest > mostRows && markup`<p class="small muted">${count(rest - mostRows, 'statement')} left out.</p>`
      }</details>`
    }</div>`,
  )
}

const faultKinds = ['connection-cut', 'reply-lost', 'error', 'timeout', 'server-killed'] as const

interface Group {
  readonly crash: CrashFacts
  readonly its: readonly CrashFacts[]
  readonly harm: number
}

/** A group for each statement: those of the worst migration first, the migrator's own last. */
function groupsOf(crashes: readonly CrashFacts[]): Group[] {
  const harmIn = Map.groupBy(crashes, ({ migration }) => migration)
  const worst = new Map([...harmIn].map(([name, its]) => [name, Math.max(...its.map(harmOf))]))
  return [...Map.groupBy(crashes, ({ statement }) => statement).values()]
    .flatMap((its) => {
      const [crash] = its
      return crash === undefined ? [] : [{ crash, its, harm: Math.max(...its.map(harmOf)) }]
    })
    .toSorted(
      (one, other) =>
        (worst.get(other.crash.migration) ?? 0) - (worst.get(one.crash.migration) ?? 0) ||
        Number(one.crash.migration === null) - Number(other.crash.migration === null) ||
        one.crash.statement - other.crash.statement,
    )
}

function matrix(groups: readonly Group[], faults: readonly CrashFacts['fault'][], label: string): Markup {
  const byMigration = Map.groupBy(groups, ({ crash }) => crash.migration)
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="matrix"><thead><tr><th scope="col">statement</th>${faults.map(
    (fault) => markup`<th scope="col">${faultTitles[fault]}</th>`,
  )}</tr></thead>${[...byMigration].map(
    ([migration, its]) =>
      markup`<tbody><tr><th class="of" scope="rowgroup" colspan="${faults.length + 1}">${migration ?? 'the migrator’s own statements'}</th></tr>${its.map((group) => row(group, faults))}</tbody>`,
  )}</table></div>`
}

function row({ crash, its }: Group, faults: readonly CrashFacts['fault'][]): Markup {
  const notes = [
    ...new Set(
      its.flatMap((it) =>
        harmOf(it) === 0 ? [] : [...it.debris.map((line) => `left: ${line}`), ...it.details],
      ),
    ),
  ]
  return markup`<tr><th scope="row"><span class="muted">${crash.statement}</span> <code>${oneLine(crash.text, 90)}</code>${
    notes.length > 0 &&
    markup`<details><summary>${count(notes.length, 'line')} about it</summary><pre class="wrapped">${notes.slice(0, 20).join('\n')}</pre></details>`
  }</th>${faults.map((fault) => {
    const its1 = its.find((it) => it.fault === fault)
    return its1 === undefined
      ? markup`<td class="muted">–</td>`
      : markup`<td class="${toneOf(its1)}">${sign(toneOf(its1))}${outcomeText(its1)}</td>`
  })}</tr>
`
}

const tones = ['good', 'calm', 'bad', 'bad'] as const satisfies readonly Tone[]

const toneOf = (crash: CrashFacts): Tone => tones[harmOf(crash)]

const legend = markup`<ul class="legend cells">${(
  [
    ['good', 'nothing or everything was there, running again and rollback work'],
    ['calm', 'half-migrated until the migrations are run again, which works'],
    ['bad', 'running again or rollback does not end where it should'],
  ] as const
).map(
  ([tone, text]) => markup`<li class="${tone}">${sign(tone)}${text}</li>`,
)}<li>–  not tried there</li></ul>`
