import { styleText } from 'node:util'
import type { Finding, Rehearsal, Severity, StageStatus, Verdict } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { badCrashLines } from './crash-text.ts'
import { estimateParts, restsOn } from './estimate-text.ts'
import { locksText } from './locks-text.ts'
import { probeLines } from './probes-text.ts'
import type { Report } from './report.ts'
import { staircaseRows, waysBack } from './rollback-text.ts'
import { bySeverity, count, duration, inputLines, verdictTitles } from './text.ts'

type Style = Parameters<typeof styleText>[0]

/** The colours of verdicts. */
export const verdictStyles: Record<Verdict, Style> = {
  passed: ['bold', 'green'],
  failed: ['bold', 'red'],
  'could-not-verify': ['bold', 'yellow'],
}

const severityStyles: Record<Severity, Style> = {
  error: 'red',
  unverified: 'yellow',
  warning: 'yellow',
  notice: 'cyan',
}

/** Deaths of the migrator, a line each. */
const shownCrashes = 20

/** The marks of stages in the live view and the report. */
export const stageMarks: Record<StageStatus, string> = {
  completed: '✔',
  halted: '✖',
  crashed: '✖',
  skipped: '–',
}

/** What a person reads at the end of a run; colours follow the usual NO_COLOR and FORCE_COLOR. */
export const terminal = {
  name: 'terminal',
  description: 'what a run prints at its end',
  render: (rehearsal) =>
    [
      ...leadLines(rehearsal),
      ...(rehearsal.findings.length === 0
        ? []
        : ['', ...bySeverity(rehearsal.findings).flatMap(findingLines)]),
      ...crashLines(rehearsal),
      ...migrationLines(rehearsal),
      ...estimateLines(rehearsal),
      ...rehearsal.specs.map(
        (pass) =>
          `  specs on the ${pass.phase} database: ${pass.passed} passed, ${pass.failed} failed, ${pass.pending} skipped`,
      ),
      ...staircaseLines(rehearsal),
      ...waysBack(rehearsal).map((line) => `  ${line}`),
      '',
      ...inputLines(rehearsal).map((line) => styleText('dim', `  ${line}`)),
      ...rehearsal.limits.map((limit) => styleText('dim', `  limit: ${limit}`)),
      '',
      `${styleText(verdictStyles[rehearsal.verdict], verdictTitles[rehearsal.verdict])}  ${rehearsal.summary}`,
      '',
    ].join('\n'),
} satisfies Report

/** What clients felt comes first. */
function leadLines(rehearsal: Rehearsal): string[] {
  const lines = probeLines(rehearsal)
  return lines.length === 0 ? [] : ['', ...lines.map((line) => `  ${styleText('bold', line)}`)]
}

/** A finding in front of people, several lines with an empty one behind them. */
export function findingLines(finding: Finding): string[] {
  const { severity, id, subject, message, remedy, evidence } = finding
  // A notice decides nothing: its evidence and remedy are in the other reports.
  const isShort = severity === 'notice'
  return [
    `  ${styleText(severityStyles[severity], severity)}  ${styleText('bold', subject)}  ${styleText('dim', id)}`,
    ...indent(message, 4),
    ...(isShort || evidence?.statement === undefined ? [] : indent(renderCaret(evidence.statement), 6)),
    ...(isShort ? [] : (evidence?.details ?? [])).flatMap((detail) => indent(detail, 6)),
    ...(isShort || remedy === undefined ? [] : indent(`→ ${remedy}`, 4)),
    '',
  ]
}

/** The stage's own line says how many were tried; here are those that ended badly. */
function crashLines(rehearsal: Rehearsal): string[] {
  const lines = badCrashLines(rehearsal)
  const more = lines.length - shownCrashes
  return [
    ...lines.slice(0, shownCrashes).map((line) => `  ${styleText('red', '✖')} ${line}`),
    ...(more > 0
      ? [`  ${styleText('red', '✖')} and ${count(more, 'more death')} that cannot be recovered from`]
      : []),
    ...(lines.length > 0 ? [''] : []),
  ]
}

function migrationLines(rehearsal: Rehearsal): string[] {
  const { migrations } = rehearsal
  if (migrations.length === 0) return []
  const width = Math.max(...migrations.map((run) => run.name.length))
  return migrations.flatMap((run) => {
    const mark = run.status === 'success' ? '✔' : run.status === 'error' ? '✖' : '–'
    const what =
      run.status === 'not-executed'
        ? 'not executed'
        : `${duration(run.durationMs)}, ${count(run.statements, 'statement')}`
    const locks = locksText(rehearsal, run)
    return [
      `  ${mark} ${run.direction.padEnd(4)} ${run.name.padEnd(width)}  ${what}`,
      ...(locks.length === 0 ? [] : [styleText('dim', `         ${locks.join('; ')}`)]),
    ]
  })
}

function estimateLines({ estimates = [] }: Rehearsal): string[] {
  if (estimates.length === 0) return []
  return [
    styleText('dim', `  estimated for production, on ${restsOn(estimates)}:`),
    ...estimates.map((estimate) =>
      styleText(
        'dim',
        `    ${estimate.direction.padEnd(4)} ${estimate.migration}  ${estimateParts(estimate).join('; ')}`,
      ),
    ),
  ]
}

/** Only what is not as it should be; that all is well is one line. */
function staircaseLines(rehearsal: Rehearsal): string[] {
  const { staircase = [] } = rehearsal
  if (staircase.length === 0) return []
  const faithful = staircase.filter(({ verdict }) => verdict === 'faithful').length
  const wrong = staircaseRows(rehearsal).filter((_, at) => staircase[at]?.verdict !== 'faithful')
  return [
    `  one at a time: ${faithful} of ${count(staircase.length, 'migration')} come down and up again as they were`,
    ...wrong.map(([migration, verdict]) => `  ✖ down ${migration} ${verdict}`),
  ]
}

function indent(text: string, width: number): string[] {
  return text.split('\n').map((line) => `${' '.repeat(width)}${line}`)
}
