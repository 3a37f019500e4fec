import { markup, type Markup } from '../../../reports/html/markup.ts'
import { section } from '../../../reports/html/section.ts'
import { duration } from '../../../reports/text.ts'
import type { FleetDocument } from '../../document.ts'
import type { Outlier } from '../../outliers.ts'
import { databaseLink } from './link.ts'

const shown = 100

/** The databases that take far longer than the others, the farthest first. */
export function outliersSection({ outliers, results, outlierFactor }: FleetDocument): Markup {
  const byName = new Map(results.map((result) => [result.name, result]))
  const row = ({ name, migration, durationMs, medianMs }: Outlier) => {
    const result = byName.get(name)
    return markup`<tr><th scope="row">${result === undefined ? name : databaseLink(result)}</th><td>${migration ?? 'the whole rehearsal'}</td><td class="num">${duration(durationMs)}</td><td class="num">${duration(medianMs)}</td><td class="num">${(durationMs / medianMs).toFixed(1)}</td></tr>
`
  }
  return section(
    'outliers',
    'Outliers',
    outliers.length === 0
      ? `Nothing took ${outlierFactor} times what it usually takes.`
      : `What took at least ${outlierFactor} times the median of all databases, and lies far from the others.`,
    outliers.length > 0 &&
      markup`<div class="card flush scroll"><table class="fleet"><thead><tr><th scope="col">database</th><th scope="col">migration</th><th class="num" scope="col">took</th><th class="num" scope="col">median</th><th class="num" scope="col">times</th></tr></thead>
<tbody>${outliers.slice(0, shown).map(row)}</tbody></table>${
        outliers.length > shown &&
        markup`<p class="muted">${outliers.length - shown} more in the JSON report.</p>`
      }</div>`,
  )
}
