import type { Finding, Rehearsal, StageStatus } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { brief, fitting } from './fitting.ts'
import { badCrashLines, crashSummary } from './crash-text.ts'
import { estimateParts, restsOn } from './estimate-text.ts'
import { locksText } from './locks-text.ts'
import { latencyText, probeLines } from './probes-text.ts'
import type { Report } from './report.ts'
import { cell, fenced, line, table, tableLines } from './markdown-text.ts'
import { staircaseHead, staircaseRows, waysBack } from './rollback-text.ts'
import { bySeverity, count, duration, inputLines, verdictTitles } from './text.ts'

const stageMarks: Record<StageStatus, string> = {
  completed: '✅',
  halted: '❌',
  crashed: '💥',
  skipped: '⏭️',
}

/** Characters in which everything fits, below the 65,536 that GitHub takes for a comment. */
const lengths = {
  line: 600,
  finding: 6_000,
  findings: 36_000,
  migrations: 12_000,
  estimates: 4_000,
  crashes: 3_000,
}

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
      ...clientsSection(rehearsal),
      ...findingsSection(rehearsal.findings),
      ...migrationsSection(rehearsal),
      ...crashesSection(rehearsal),
      ...estimatesSection(rehearsal),
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

/** What clients felt comes first: the worst tables in words, all of them in a table. */
function clientsSection(rehearsal: Rehearsal): string[] {
  const { probes } = rehearsal
  if (probes === undefined) return []
  const lines = probeLines(rehearsal).map((it) => `- ${line(it)}`)
  const rows = probes.tables.map(({ name, reads, writes }) => [
    cell(brief(name, 100)),
    duration(reads.longestStallMs),
    writes === null ? '' : duration(writes.longestStallMs),
    latencyText(reads.quiet),
    latencyText(reads.during),
  ])
  const head = ['table', 'reads stalled', 'writes stalled', 'reads before', 'reads during']
  return [
    '## What clients would have felt',
    ...fitting(lines, 3_000, { join: '\n', more: (left) => `- … and ${left} more` }),
    table(head, rows),
  ]
}

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

function crashesSection(rehearsal: Rehearsal): string[] {
  const summary = crashSummary(rehearsal)
  if (summary === undefined) return []
  const lines = badCrashLines(rehearsal).map((it) => `- ❌ ${line(it)}`)
  const more = (left: number) => `- … and ${left} more`
  return [
    `## When the migrator dies\n\n${line(summary)}.`,
    fitting(lines, lengths.crashes, { join: '\n', more }).join('\n'),
  ]
}

function estimatesSection({ estimates = [] }: Rehearsal): string[] {
  if (estimates.length === 0) return []
  const rows = estimates.map((it) => [cell(it.migration), it.direction, cell(estimateParts(it).join('; '))])
  const more = (left: number) => `\n*${count(left, 'more estimate')} left out; the HTML report has them all.*`
  return [
    `## Estimate for production\n\n${line(`Computed, not measured; it rests on ${restsOn(estimates)}.`)}`,
    fitting(tableLines(['migration', 'direction', 'may take'], rows), lengths.estimates, {
      join: '\n',
      more,
    }).join('\n'),
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
