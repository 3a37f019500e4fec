import type { BackupSummary, Rehearsal } from '../../rehearsal.ts'
import { bytes, count } from '../text.ts'
import { markup, type Content, type Markup } from './markup.ts'
import { when } from './overview.ts'
import { facts, section } from './section.ts'

type Fact = readonly [string, Content]

export function backupSection({ backup, startedAt }: Rehearsal): Markup {
  return section(
    'backup',
    'Backup',
    backup === null && 'Nothing is known about the backup: it could not be read.',
    backup !== null && facts(backupFacts(backup, startedAt)),
  )
}

function backupFacts(backup: BackupSummary, startedAt: string): Fact[] {
  const { path, format, formatVersion, compression, serverVersion, database, dumpVersion, encoding } = backup
  const { locale, systemIdentifier } = backup
  return [
    ['file', path],
    [
      'format',
      `${format}${formatVersion === undefined || formatVersion === null ? '' : ` ${formatVersion}`}, ${compression === 'none' ? 'not compressed' : compression}`,
    ],
    ['size', bytes(backup.bytes)],
    ['made', `${when(backup.madeAt)}, ${ageText(backup.madeAt, startedAt)} before this rehearsal`],
    [
      'taken from',
      `Postgres ${serverVersion ?? 'of unknown version'}${database === null ? '' : `, database ${database}`}`,
    ],
    ['made by', dumpVersion === null ? 'a tool of unknown version' : `pg_dump ${dumpVersion}`],
    ...known('encoding', encoding),
    ...known('locale', locale),
    ...(systemIdentifier === null ? [] : known('system', systemIdentifier)),
    ['sha256', markup`<code>${backup.sha256}</code>`],
  ]
}

/** Nothing for a document of before these were kept. */
function known(name: string, value: string | null | undefined): Fact[] {
  return value === undefined ? [] : [[name, value ?? 'the backup does not say']]
}

function ageText(madeAt: string, startedAt: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(startedAt) - Date.parse(madeAt)) / 60_000))
  if (minutes < 120) return count(minutes, 'minute')
  return minutes < 48 * 60
    ? count(Math.round(minutes / 60), 'hour')
    : count(Math.round(minutes / 1_440), 'day')
}

export function limitsSection({ limits, waivers }: Rehearsal): Markup {
  return section(
    'limits',
    'Limits',
    'What this rehearsal cannot tell.',
    markup`<ul class="list">${limits.map((limit) => markup`<li>${limit}</li>`)}</ul>${
      waivers.length > 0 &&
      markup`<div class="card"><h3>Accepted for a while</h3><ul class="list">${waivers.map(
        ({ id, subject, reason, expires }) =>
          markup`<li><code>${id}</code> of ${subject ?? 'everything'} until ${expires}: ${reason}</li>`,
      )}</ul></div>`
    }`,
  )
}

/** Source files listed; beyond, the document has them. */
const shownSources = 500

export function versionsSection(rehearsal: Rehearsal): Markup {
  const { tool, id, startedAt, engine, backup, schemaVersion, questions, migrationSources } = rehearsal
  const shown = migrationSources.slice(0, shownSources)
  return section(
    'versions',
    'Versions and digests',
    'What it takes to rehearse the same again.',
    markup`${facts([
      ['tool', `${tool.name} ${tool.version}`],
      ['rehearsal', markup`<code>${id}</code>, begun ${when(startedAt)}`],
      [
        'asked beside',
        questions.length === 0 ? 'nothing' : markup`<code>--ask ${questions.join(',')}</code>`,
      ],
      ['engine', engine === null ? 'none was started' : `${engine.name}: ${engine.reason}`],
      ...(engine === null ? [] : ([['Postgres', engine.serverVersion]] as const)),
      ...(engine === null || engine.image === null
        ? []
        : ([['image', markup`<code>${engine.image}</code>`]] as const)),
      ['backup', backup === null ? 'unknown' : markup`<code>sha256:${backup.sha256}</code>`],
      ['document', `rehearsal schema ${schemaVersion}`],
    ])}${
      shown.length > 0 &&
      markup`<details><summary>${count(migrationSources.length, 'file')} of migrations, with their digests</summary><table class="stacked"><thead><tr><th scope="col">file</th><th scope="col">sha256</th></tr></thead><tbody>${shown.map(
        ({ path, sha256 }) => markup`<tr><th scope="row">${path}</th><td><code>${sha256}</code></td></tr>`,
      )}</tbody></table>${migrationSources.length > shown.length && markup`<p class="small muted">${count(migrationSources.length - shown.length, 'file')} left out.</p>`}</details>`
    }`,
  )
}
