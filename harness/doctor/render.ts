import { count } from '../reports/text.ts'
import type { Examination } from './doctor.ts'

const marks = { ok: '✔', warning: '!', problem: '✖' } as const

/** The diagnosis as text: a line for each observation, what to do below those that need it, and the sum. */
export function renderExaminations(examinations: readonly Examination[]): string {
  const width = Math.max(...examinations.map(({ probe }) => probe.length))
  const lines = examinations.flatMap(({ probe, observations }) =>
    observations.flatMap(({ status, text, remedy }) => [
      `  ${marks[status]} ${probe.padEnd(width)}  ${text.replaceAll('\n', `\n${' '.repeat(width + 6)}`)}`,
      ...(remedy === undefined ? [] : [`${' '.repeat(width + 6)}→ ${remedy}`]),
    ]),
  )
  const statuses = examinations.flatMap(({ observations }) => observations.map(({ status }) => status))
  const of = (wanted: string) => statuses.filter((status) => status === wanted).length
  return `${[...lines, '', `${count(of('problem'), 'problem')}, ${count(of('warning'), 'warning')}`].join('\n')}\n`
}
