import type { Rehearsal, StageResult } from '../../rehearsal.ts'
import { bytes, count, duration } from '../text.ts'
import { laidEndToEnd, timeline } from './lanes.ts'
import { markup, type Markup } from './markup.ts'
import { when } from './overview.ts'
import { facts, section } from './section.ts'
import { pill } from './tone.ts'

export function timelineSection({ stages, durationMs }: Rehearsal): Markup {
  const lanes = laidEndToEnd(stages, ({ name, status, summary }: StageResult) => ({
    name: status === 'halted' || status === 'crashed' ? markup`${name} ${pill('bad', status)}` : name,
    note: summary,
    fill: status === 'skipped' ? null : status === 'completed' ? 'up' : 'bad',
    ...(status === 'skipped' ? { instead: 'skipped' } : {}),
  }))
  const endMs = Math.max(durationMs, ...lanes.map((lane) => lane.startMs + lane.durationMs))
  return section(
    'timeline',
    'Timeline',
    `${count(stages.length, 'stage')} in ${duration(durationMs)}, one after the other; what is left at the end is opening and clearing up.`,
    markup`<div class="card flush">${timeline({ caption: 'Stages of the run', nameHeading: 'stage', endMs, wide: true, lanes })}</div>`,
  )
}

const shownTables = 15

export function tablesSection({ tables }: Rehearsal): Markup {
  const table = (shown: Rehearsal['tables']) =>
    markup`<table><thead><tr><th scope="col">table</th><th class="num" scope="col">rows</th><th class="num" scope="col">size</th></tr></thead><tbody>${shown.map(
      ({ name, rows, bytes: size }) =>
        markup`<tr><th scope="row">${name}</th><td class="num">${rows.toLocaleString('en-GB')}</td><td class="num">${bytes(size)}</td></tr>`,
    )}</tbody></table>`
  const largest = tables.toSorted((a, b) => b.bytes - a.bytes)
  const rest = largest.slice(shownTables)
  return section(
    'data',
    'Data',
    tables.length === 0
      ? 'The data was not read: the run ended before.'
      : 'What the restored backup holds, before any migration, largest first. Size includes indexes and TOAST.',
    tables.length > 0 &&
      markup`<div class="card flush">${table(largest.slice(0, shownTables))}${
        rest.length > 0 &&
        markup`<details><summary>${count(rest.length, 'smaller table')}</summary>${table(rest)}</details>`
      }</div>`,
  )
}

export function specsSection({ specs }: Rehearsal): Markup {
  return section(
    'specs',
    'Smoke specs',
    specs.length === 0
      ? 'No spec was executed, so nothing is known about the app.'
      : 'The app’s own specs, on the migrated database and again after the rollback.',
    specs.map(({ phase, passed, failed, pending, durationMs, failures }) => {
      const tone = failed > 0 ? 'bad' : passed === 0 ? 'unsure' : 'good'
      return markup`<div class="card spec"><h3>${pill(tone, failed > 0 ? `${failed} failed` : passed === 0 ? 'none passed' : 'all passed')} On the ${phase} database</h3>
<p>${passed} passed, ${failed} failed, ${pending} skipped, in ${duration(durationMs)}</p>${failures.map(
        ({ title, message }) =>
          markup`<details open><summary>${title}</summary><pre class="wrapped">${message}</pre></details>`,
      )}</div>`
    }),
  )
}

export function backupSection({ backup }: Rehearsal): Markup {
  return section(
    'backup',
    'Backup',
    backup === null && 'Nothing is known about the backup: it could not be read.',
    backup !== null &&
      facts([
        ['file', backup.path],
        ['format', backup.compression === 'none' ? backup.format : `${backup.format}, ${backup.compression}`],
        ['size', bytes(backup.bytes)],
        [
          'taken from',
          `Postgres ${backup.serverVersion ?? 'of unknown version'}${backup.database === null ? '' : `, database ${backup.database}`}`,
        ],
        [
          'made by',
          backup.dumpVersion === null ? 'a pg_dump of unknown version' : `pg_dump ${backup.dumpVersion}`,
        ],
        ['sha256', markup`<code>${backup.sha256}</code>`],
      ]),
  )
}

export function limitsSection({ limits }: Rehearsal): Markup {
  return section(
    'limits',
    'Limits',
    'What this rehearsal cannot tell.',
    markup`<ul class="list">${limits.map((limit) => markup`<li>${limit}</li>`)}</ul>`,
  )
}

export function versionsSection({ tool, id, startedAt, engine, backup, schemaVersion }: Rehearsal): Markup {
  return section(
    'versions',
    'Versions and digests',
    'What it takes to rehearse the same again.',
    facts([
      ['tool', `${tool.name} ${tool.version}`],
      ['rehearsal', markup`<code>${id}</code>, begun ${when(startedAt)}`],
      ['engine', engine === null ? 'none was started' : `${engine.name}: ${engine.reason}`],
      ...(engine === null ? [] : ([['Postgres', engine.serverVersion]] as const)),
      ...(engine === null || engine.image === null
        ? []
        : ([['image', markup`<code>${engine.image}</code>`]] as const)),
      ['backup', backup === null ? 'unknown' : markup`<code>sha256:${backup.sha256}</code>`],
      ['document', `rehearsal schema ${schemaVersion}`],
    ]),
  )
}
