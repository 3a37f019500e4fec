import type { Rehearsal, StaircaseStep } from '../../rehearsal.ts'
import { staircaseHead, staircaseRows, waysBack } from '../rollback-text.ts'
import { markup, type Markup } from './markup.ts'
import { section } from './section.ts'
import { pill, type Tone } from './tone.ts'

/** Whether anything is known about ways back beside the rollback itself. */
export function hasRollback(rehearsal: Rehearsal): boolean {
  return staircaseRows(rehearsal).length + waysBack(rehearsal).length > 0
}

const tones: Record<StaircaseStep['verdict'], Tone> = {
  faithful: 'good',
  unfaithful: 'bad',
  failed: 'bad',
  'missing-down': 'bad',
  'not-reached': 'unsure',
}

/** Each migration down and up again on its own, what became of new writes, and restoring as the other way back. */
export function rollbackSection(rehearsal: Rehearsal): Markup | false {
  if (!hasRollback(rehearsal)) return false
  const { staircase = [] } = rehearsal
  const rows = staircaseRows(rehearsal)
  const row = ([name = '', verdict = '', ...times]: readonly string[], at: number): Markup => {
    const { verdict: known = 'not-reached', differences = [] } = staircase[at] ?? {}
    const told =
      differences.length > 0 &&
      markup`<ul class="list small">${differences.map((it) => markup`<li>${it}</li>`)}</ul>`
    return markup`<tr><th scope="row">${name}</th><td>${pill(tones[known], verdict)}${told}</td>${times.map((time) => markup`<td class="num">${time}</td>`)}</tr>`
  }
  return section(
    'rollback',
    'Ways back',
    rows.length === 0
      ? false
      : 'Each migration on its own: up, down, and up again, on a copy of the database.',
    markup`${rows.length > 0 && markup`<div class="card flush"><table><thead><tr>${staircaseHead.map((head, at) => markup`<th${at > 1 && markup` class="num"`} scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map(row)}</tbody></table></div>`}<ul class="list">${waysBack(rehearsal).map((text) => markup`<li>${text}</li>`)}</ul>`,
  )
}
