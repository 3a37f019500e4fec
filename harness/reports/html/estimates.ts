import type { Rehearsal } from '../../rehearsal.ts'
import { estimateParts, restsOn } from '../estimate-text.ts'
import { markup } from './markup.ts'
import { section } from './section.ts'

/** Intervals for production; nothing where none were asked for. */
export function estimatesSection({ estimates = [] }: Rehearsal) {
  if (estimates.length === 0) return markup``
  return section(
    'estimates',
    'Estimate for production',
    `Computed, not measured; it rests on ${restsOn(estimates)}.`,
    markup`<div class="card flush"><table><thead><tr><th scope="col">migration</th><th scope="col">direction</th><th scope="col">may take</th></tr></thead><tbody>${estimates.map(
      (it) =>
        markup`<tr><th scope="row">${it.migration}</th><td>${it.direction}</td><td>${estimateParts(it).join('; ')}</td></tr>`,
    )}</tbody></table></div>`,
  )
}
