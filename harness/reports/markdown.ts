import type { Finding, Rehearsal, StageStatus } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { locksText } from './locks-text.ts'
import type { Report } from './report.ts'
import { bySeverity, count, duration, inputLines, verdictTitles } from './text.ts'

const stageMarks: Record<StageStatus, string> = {
  completed: '✅',
  halted: '❌',
  crashed: '💥',
  skipped: '⏭️',
}

/** For a pull request's comment or a CI summary. */
export const markdown = {
  name: 'markdown',
  description: 'for a pull request or a CI summary',
  render: (rehearsal) =>
    [
      `# Rehearsal: ${verdictTitles[rehearsal.verdict].toLowerCase()}`,
      rehearsal.summary,
      inputLines(rehearsal)
        .map((line) => `- ${escape(line)}`)
        .join('\n'),
      ...findingsSection(rehearsal.findings),
      ...migrationsSection(rehearsal),
      ...specsSection(rehearsal),
      stagesSection(rehearsal),
      ...(rehearsal.limits.length === 0
        ? []
        : ['## Limits', rehearsal.limits.map((limit) => `- ${escape(limit)}`).join('\n')]),
      `<sub>${rehearsal.tool.name} ${rehearsal.tool.version}, ${rehearsal.startedAt}, ${duration(rehearsal.durationMs)}, backup sha256 ${rehearsal.backup?.sha256 ?? 'unknown'}</sub>`,
    ]
      .filter((part) => part !== '')
      .join('\n\n')
      .concat('\n'),
} satisfies Report

function findingsSection(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return []
  return ['## Findings', ...bySeverity(findings).map(findingText)]
}

function findingText({ severity, id, subject, message, remedy, evidence }: Finding): string {
  const shown = [
    ...(evidence?.statement === undefined ? [] : [renderCaret(evidence.statement)]),
    ...(evidence?.details ?? []),
  ].join('\n')
  return [
    `**${severity}** \`${id}\`: ${escape(subject)}`,
    escape(message),
    ...(shown === '' ? [] : [fenced(shown)]),
    ...(remedy === undefined ? [] : [`→ ${escape(remedy)}`]),
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
  return ['## Migrations', table(['migration', 'direction', 'status', 'time', 'statements', 'locks'], rows)]
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function cell(text: string): string {
  return escape(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
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
