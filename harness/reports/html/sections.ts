import type { Finding, Rehearsal, SpecPass } from '../../rehearsal.ts'
import { bytes, count, duration } from '../text.ts'
import { anchored } from './findings.ts'
import { markup, type Markup } from './markup.ts'
import { section } from './section.ts'
import { pill, severityTones } from './tone.ts'

const shownTables = 15

/** What the backup holds, and how data and catalog differed where they were compared. */
export function tablesSection(rehearsal: Rehearsal): Markup {
  const { tables, databaseSize } = rehearsal
  const table = (shown: Rehearsal['tables']) =>
    markup`<table><thead><tr><th scope="col">table</th><th class="num" scope="col">rows</th><th class="num" scope="col">size</th></tr></thead><tbody>${shown.map(
      ({ name, rows, bytes: size }) =>
        markup`<tr><th scope="row">${name}</th><td class="num">${rows.toLocaleString('en-GB')}</td><td class="num">${bytes(size)}</td></tr>`,
    )}</tbody></table>`
  const largest = tables.toSorted((a, b) => b.bytes - a.bytes)
  const rest = largest.slice(shownTables)
  const grown =
    databaseSize === null
      ? ''
      : ` The whole database is ${bytes(databaseSize.restoredBytes)} as restored and ${bytes(databaseSize.migratedBytes)} when migrated.`
  return section(
    'data',
    'Data and catalog',
    tables.length === 0
      ? 'The data was not read: the run ended before.'
      : `What the restored backup holds, before any migration, largest first. Size includes indexes and TOAST.${grown}`,
    markup`${differences(rehearsal)}${
      tables.length > 0 &&
      markup`<div class="card flush">${table(largest.slice(0, shownTables))}${
        rest.length > 0 &&
        markup`<details><summary>${count(rest.length, 'smaller table')}</summary>${table(rest)}</details>`
      }</div>`
    }`,
  )
}

/** Findings that tell of a difference between before and after. */
const differing = new Set([
  'data-changed',
  'data-dropped',
  'invalid-index-left',
  'rollback-catalog-drift',
  'rollback-data-drift',
  'row-count-drift',
  'unvalidated-constraint-left',
])
const shownDifferences = 40

function differences({ stages, findings }: Rehearsal): Markup {
  const compared = (['verify-data', 'verify-rollback'] as const).map((name) => {
    const stage = stages.find((it) => it.name === name)
    const what = name === 'verify-data' ? 'After the migrations' : 'After the rollback'
    return markup`<li><b>${what}:</b> ${stage?.summary ?? 'not compared'}</li>`
  })
  const found = anchored(findings).filter(({ finding }) => differing.has(finding.id))
  return markup`<div class="card"><h3>Differences</h3><ul class="list">${compared}${found.slice(0, shownDifferences).map(difference)}</ul>${
    found.length > shownDifferences &&
    markup`<p class="small muted">${count(found.length - shownDifferences, 'more')} among the findings.</p>`
  }</div>`
}

function difference({ anchor, finding }: { anchor: string; finding: Finding }): Markup {
  const { severity, subject, message } = finding
  return markup`<li>${pill(severityTones[severity], severity === 'unverified' ? 'not verified' : severity)} <a href="#${anchor}">${subject}</a> ${message}</li>`
}

/** The team's specs with what they said, on both databases. */
export function specsSection({ specs }: Rehearsal): Markup {
  return section(
    'specs',
    'Smoke specs',
    specs.length === 0
      ? 'No spec was executed, so nothing is known about the app.'
      : 'The app’s own specs, on the migrated database and again after the rollback.',
    specs.map(specPass),
  )
}

function specPass({ phase, passed, failed, pending, durationMs, failures, passes }: SpecPass): Markup {
  const tone = failed > 0 ? 'bad' : passed === 0 ? 'unsure' : 'good'
  const title = failed > 0 ? `${failed} failed` : passed === 0 ? 'none passed' : 'all passed'
  return markup`<div class="card spec"><h3>${pill(tone, title)} On the ${phase} database</h3>
<p>${passed} passed, ${failed} failed, ${pending} skipped, in ${duration(durationMs)}</p>${failures.map(
    (failure) =>
      markup`<details open><summary>${failure.title}</summary><pre class="wrapped">${failure.message}</pre></details>`,
  )}${
    passes.length > 0 &&
    markup`<details><summary>${passed > passes.length ? `The first ${passes.length} that passed` : `${count(passed, 'spec')} that passed`}</summary><ul class="list small">${passes.map(
      (pass) => markup`<li>${pass.title} <span class="muted">${duration(pass.durationMs)}</span></li>`,
    )}</ul></details>`
  }</div>`
}
