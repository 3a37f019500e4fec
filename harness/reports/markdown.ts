import type { Finding, Rehearsal, StageStatus } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { brief, fitting } from './fitting.ts'
import { locksText } from './locks-text.ts'
import type { Report } from './report.ts'
import { cell, fenced, line, table, tableLines } from './markdown-text.ts'
import { bySeverity, count, duration, inputLines, verdictTitles } from './text.ts'

const stageMarks: Record<StageStatus, string> = {
  completed: '✅',
  halted: '❌',
  crashed: '💥',
  skipped: '⏭️',
}

/** Characters in which everything fits, below the 65,536 that GitHub takes for a comment. */
const lengths = { finding: 6_000, findings: 36_000, migrations: 12_000 }

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

function stagesSection({ stages, durationMs }: Rehearsal): string {
  const rows = stages.map((stage) => [
    `${stageMarks[stage.status]} ${stage.name}`,
    stage.status === 'skipped' ? '' : duration(stage.durationMs),
    cell(stage.summary),
  ])
  return `## Stages\n\n${table(['stage', 'time', 'what happened'], rows)}\n\n${count(stages.length, 'stage')} in ${duration(durationMs)}.`
}
