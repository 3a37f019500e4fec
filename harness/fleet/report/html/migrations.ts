import { markup, type Markup } from '../../../reports/html/markup.ts'
import { section } from '../../../reports/html/section.ts'
import { count, duration } from '../../../reports/text.ts'
import { median } from '../../../median.ts'
import type { FleetDocument } from '../../document.ts'
import type { FleetResult } from '../../fleet.ts'
import { databaseLink } from './link.ts'

const shown = 200

/** Each migration over all databases: what it usually takes, and where it takes longest. */
export function migrationsSection({ results }: FleetDocument): Markup {
  const times = Map.groupBy(
    results.flatMap((result) =>
      result.migrations.map(({ name, durationMs }) => ({ name, durationMs, result })),
    ),
    ({ name }) => name,
  )
  const names = [...times.keys()].toSorted()
  return section(
    'migrations',
    'Migrations',
    names.length === 0 ? 'No migration was applied.' : 'Time in up, over every database that has it pending.',
    names.length > 0 &&
      markup`<div class="card flush scroll"><table class="fleet"><thead><tr><th scope="col">migration</th><th class="num" scope="col">databases</th><th class="num" scope="col">median</th><th class="num" scope="col">longest</th><th scope="col">in</th></tr></thead>
<tbody>${names.slice(0, shown).map((name) => row(name, times.get(name) ?? []))}</tbody></table>${
        names.length > shown &&
        markup`<p class="muted">${count(names.length - shown, 'more migration')} in the JSON report.</p>`
      }</div>`,
  )
}

function row(
  name: string,
  times: readonly { readonly durationMs: number; readonly result: FleetResult }[],
): Markup {
  const longest = times.reduce(
    (most, it) => (most === undefined || it.durationMs > most.durationMs ? it : most),
    times[0],
  )
  return markup`<tr><th scope="row">${name}</th><td class="num">${times.length}</td><td class="num">${duration(
    median(times.map(({ durationMs }) => durationMs)),
  )}</td><td class="num">${longest !== undefined && duration(longest.durationMs)}</td><td>${
    longest !== undefined && databaseLink(longest.result)
  }</td></tr>
`
}
