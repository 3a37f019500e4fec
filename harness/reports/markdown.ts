import type { Finding, Rehearsal, StageStatus } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { brief, fitting } from './fitting.ts'
import { locksText } from './locks-text.ts'
import type { Report } from './report.ts'
import { staircaseHead, staircaseRows, waysBack } from './rollback-text.ts'
import { bySeverity, count, duration, inputLines, verdictTitles } from './text.ts'

const stageMarks: Record<StageStatus, string> = {
  completed: '✅',
  halted: '❌',
  crashed: '💥',
  skipped: '⏭️',
}

/** Characters in which everything fits, below the 65,536 that GitHub takes for a comment. */
const lengths = { line: 600, finding: 6_000, findings: 36_000, migrations: 12_000 }

/** For a pull request's comment or a CI summary: what is too long for one is cut, and says so. */
export const markdown = {
  name: 'markdown',
  description: 'for a pull request or a CI summary',
  render: (rehearsal) =>
    [
      `# Rehearsal: ${verdictTitles[rehearsal.verdict].toLowerCase()}`,
      line(rehearsal.summary),
      inputLines(rehearsal)
        .map((it) => `- ${line(it)}`)
        .join('\n'),
      ...findingsSection(rehearsal.findings),
      ...migrationsSection(rehearsal),
      ...specsSection(rehearsal),
      ...rollbackSection(rehearsal),
      stagesSection(rehearsal),
      ...(rehearsal.limits.length === 0
        ? []
        : [
            '## Limits',
            fitting(
              rehearsal.limits.map((limit) => `- ${line(limit)}`),
              3_000,
              { join: '\n', more: (left) => `- … and ${left} more` },
            ).join('\n'),
          ]),
      `<sub>${rehearsal.tool.name} ${rehearsal.tool.version}, ${rehearsal.startedAt}, ${duration(rehearsal.durationMs)}, backup sha256 ${rehearsal.backup?.sha256 ?? 'unknown'}</sub>`,
    ]
      .filter((part) => part !== '')
      .join('\n\n')
      .concat('\n'),
} satisfies Report

function findingsSection(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  const texts = bySeverity(findings).map(findingText)
  const more = (left: number) =>
    `*${count(left, 'more finding')} left out, as a comment has no room for more; the HTML report has them all.*`
  return ['## Findings', ...fitting(texts, lengths.findings, { join: '\n\n', more })]
}

function findingText({ severity, id, subject, message, remedy, evidence }: Finding): string {
  const whole = [
    ...(evidence?.statement === undefined ? [] : [renderCaret(evidence.statement)]),
    ...(evidence?.details ?? []),
  ].join('\n')
  const shown = brief(whole, lengths.finding / 3)
  return [
    `**${severity}** \`${id}\`: ${line(subject)}`,
    line(message, lengths.finding / 6),
    ...(shown === '' ? [] : [fenced(shown)]),
    ...(remedy === undefined ? [] : [`→ ${line(remedy, lengths.finding / 6)}`]),
  ].join('\n\n')
}

function migrationsSection(rehearsal: Rehearsal): string[] {
  const { migrations } = rehearsal
  if (migrations.length === 0) return []
  const rows = migrations.map((run) => [
    cell(run.name),
    run.direction,
    run.status,
    run.status === 'not-executed' ? '' : duration(run.durationMs),
    String(run.statements),
    cell(locksText(rehearsal, run).join('; ')),
  ])
  const head = ['migration', 'direction', 'status', 'time', 'statements', 'locks']
  const more = (left: number) =>
    `\n*${count(left, 'more run')} of migrations left out; the HTML report has them all.*`
  return [
    '## Migrations',
    fitting(tableLines(head, rows), lengths.migrations, { join: '\n', more }).join('\n'),
  ]
}

function specsSection({ specs }: Rehearsal): string[] {
  if (specs.length === 0) return []
  const rows = specs.map((pass) => [
    pass.phase,
    String(pass.passed),
    String(pass.failed),
    String(pass.pending),
    duration(pass.durationMs),
  ])
  return ['## Smoke specs', table(['database', 'passed', 'failed', 'skipped', 'time'], rows)]
}

function rollbackSection(rehearsal: Rehearsal): string[] {
  const rows = staircaseRows(rehearsal).map((row) => row.map((text) => cell(text)))
  const more = (left: number) =>
    `\n*${count(left, 'more migration')} left out; the HTML report has them all.*`
  const steps = fitting(tableLines(staircaseHead, rows), lengths.migrations / 3, { join: '\n', more })
  const ways = waysBack(rehearsal).map((text) => `- ${line(text)}`)
  if (rows.length + ways.length === 0) return []
  return [
    '## Ways back',
    ...(rows.length === 0 ? [] : [steps.join('\n')]),
    ...(ways.length === 0 ? [] : [ways.join('\n')]),
  ]
}

function stagesSection({ stages, durationMs }: Rehearsal): string {
  const rows = stages.map((stage) => [
    `${stageMarks[stage.status]} ${stage.name}`,
    stage.status === 'skipped' ? '' : duration(stage.durationMs),
    cell(stage.summary),
  ])
  return `## Stages\n\n${table(['stage', 'time', 'what happened'], rows)}\n\n${count(stages.length, 'stage')} in ${duration(durationMs)}.`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return tableLines(head, rows).join('\n')
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
}

function cell(text: string): string {
  return line(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
}

/** Escaped, and short: what grows by escaping is cut further, so that the limit holds for any text. */
function line(text: string, maxLength = lengths.line): string {
  const escaped = escape(brief(text, maxLength))
  return escaped.length <= maxLength * 1.5 ? escaped : escape(brief(text, maxLength / 5))
}

/** Text from databases and specs must not become markup: HTML, links, mentions. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*[\]]|(?<!\w)_|_(?!\w)/g, String.raw`\$&`)
    .replaceAll('@', '@\u200B')
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
