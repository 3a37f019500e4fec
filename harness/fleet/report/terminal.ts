import { styleText } from 'node:util'
import { verdictStyles } from '../../reports/terminal.ts'
import { count, duration, verdictTitles } from '../../reports/text.ts'
import type { FleetDocument } from '../document.ts'
import type { FleetResult } from '../fleet.ts'
import type { FleetReport } from './report.ts'
import { outlierText, repeatText, shareText, spreadText, troubled, verdictText } from './text.ts'

/** Databases, findings and outliers that are told of each; the other reports have them all. */
const shown = 30

/** What a person reads at the end of a fleet. */
export const terminal = {
  name: 'terminal',
  description: 'what a fleet’s run prints at its end',
  file: 'fleet.txt',
  render: (document) =>
    [
      '',
      ...part(troubled(document.results), resultLine),
      ...part(document.findings, (finding) => [
        `${styleText('bold', `${finding.id}${finding.migration === null ? '' : ` of ${finding.migration}`}`)} ${spreadText(finding, document)}`,
        `    ${finding.message.split('\n')[0]}`,
      ]),
      ...part(document.outliers, (outlier) => [`${styleText('yellow', 'outlier')}  ${outlierText(outlier)}`]),
      ...part(document.repeats, (repeat) => [`${styleText('yellow', 'twice')}  ${repeatText(repeat)}`]),
      ...notes(document),
      `${styleText(verdictStyles[document.verdict], verdictTitles[document.verdict])}  ${document.summary}`,
      '',
    ].join('\n'),
} satisfies FleetReport

function part<Item>(items: readonly Item[], linesOf: (item: Item) => string[]): string[] {
  if (items.length === 0) return []
  const more = items.length - shown
  return [
    ...items.slice(0, shown).flatMap((item) => linesOf(item).map((line) => `  ${line}`)),
    ...(more > 0 ? [`  and ${more} more`] : []),
    '',
  ]
}

function resultLine(result: FleetResult): string[] {
  const style = result.verdict === 'failed' ? 'red' : 'yellow'
  return [
    `${styleText(style, verdictText(result))}  ${styleText('bold', result.name)}  ${result.summary.split('\n')[0]}`,
  ]
}

function notes(document: FleetDocument): string[] {
  const share = shareText(document)
  const lines = [
    ...(share === undefined ? [] : [share]),
    `${duration(document.durationMs)}, ${count(document.results.length, 'database')}`,
  ]
  return [...lines.map((line) => styleText('dim', `  ${line}`)), '']
}
