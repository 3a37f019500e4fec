import { fitting } from '../../reports/fitting.ts'
import { cell, line, tableLines } from '../../reports/markdown-text.ts'
import { count, duration, verdictTitles } from '../../reports/text.ts'
import type { FleetDocument } from '../document.ts'
import type { FleetReport } from './report.ts'
import { outlierText, repeatText, shareText, spreadText, troubled, verdictText } from './text.ts'

/** Characters of each part, with which all fit below the 65,536 that GitHub takes for a comment. */
const partLength = 12_000

/** For a pull request's comment or a CI summary: what is too long for one is cut, and says so. */
export const markdown = {
  name: 'markdown',
  description: 'for a pull request or a CI summary',
  file: 'fleet.md',
  render: (document) =>
    [
      `# Fleet: ${verdictTitles[document.verdict].toLowerCase()}`,
      line(document.summary),
      ...lines('', [shareText(document) ?? []].flat()),
      ...lines(
        '## What was found',
        document.findings.map(
          (finding) =>
            `**${finding.id}**${finding.migration === null ? '' : ` of ${line(finding.migration)}`} ${line(spreadText(finding, document))}. ${line(finding.message, 300)}`,
        ),
      ),
      ...lines(
        '## Outliers',
        document.outliers.map(outlierText).map((it) => line(it)),
      ),
      ...lines(
        '## Databases with several results',
        document.repeats.map(repeatText).map((it) => line(it)),
      ),
      ...troubledTable(document),
      `<sub>${document.tool.name} ${document.tool.version}, ${document.startedAt}, ${duration(document.durationMs)}, ${count(document.results.length, 'database')}</sub>`,
    ]
      .join('\n\n')
      .concat('\n'),
} satisfies FleetReport

function lines(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return []
  const fit = fitting(
    items.map((item) => `- ${item}`),
    partLength,
    { join: '\n', more: moreText },
  )
  return [...(title === '' ? [] : [title]), fit.join('\n')]
}

function troubledTable({ results }: FleetDocument): string[] {
  const rows = troubled(results).map((result) => [
    cell(result.name),
    verdictText(result),
    result.notRun === undefined ? duration(result.durationMs) : '',
    cell(result.summary),
  ])
  if (rows.length === 0) return []
  const table = fitting(tableLines(['database', 'verdict', 'time', 'why'], rows), partLength, {
    join: '\n',
    more: (left) => `\n*${moreText(left)}*`,
  })
  return ['## Databases that did not pass', table.join('\n')]
}

function moreText(left: number): string {
  return `… and ${left} more, which the HTML report has`
}
