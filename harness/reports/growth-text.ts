import type { StatementFacts } from '../rehearsal.ts'
import type { Growth } from '../trace/growth.ts'
import { bytes, count, duration } from './text.ts'

/** What a statement made larger, left dead, wrote to temporary files and waited for, a part each. */
export function growthText({ growth = [], tempBytes = 0, lockWaitMs = 0 }: StatementFacts): string[] {
  return [
    ...growth.flatMap(tableText),
    ...(tempBytes === 0 ? [] : [`${bytes(tempBytes)} of temporary files`]),
    ...(lockWaitMs === 0 ? [] : [`waited ${duration(lockWaitMs)} for locks`]),
  ]
}

function tableText({ relation, tableBytes, indexBytes, toastBytes, deadRows }: Growth): string[] {
  const parts = [
    ...(tableBytes === 0 ? [] : [`the table ${signed(tableBytes)}`]),
    ...(indexBytes === 0 ? [] : [`its indexes ${signed(indexBytes)}`]),
    ...(toastBytes === 0 ? [] : [`its TOAST ${signed(toastBytes)}`]),
    ...(deadRows === 0 ? [] : [`${count(deadRows, 'dead row')} left`]),
  ]
  return parts.length === 0 ? [] : [`${relation}: ${parts.join(', ')}`]
}

const signed = (size: number): string => (size < 0 ? `−${bytes(-size)}` : `+${bytes(size)}`)
