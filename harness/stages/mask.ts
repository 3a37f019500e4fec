import { availableParallelism } from 'node:os'
import type { BackupFile } from '../backups/backup-format.ts'
import { mask, type Masked } from '../masking/mask.ts'
import type { MaskingPlan } from '../masking/masking-plan.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Finding, MaskedTable } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress } from '../stage.ts'

/**
 * Masks the restored database, before anything else sees its data, as the plan says; finds columns that look
 * personal and are not masked. Throws HarnessErrors with every problem of the rules, HarnessError when masking fails.
 */
export async function maskRestored(
  plan: MaskingPlan,
  connection: Connection,
  { path }: Pick<BackupFile, 'path'>,
  progress: Progress,
): Promise<{ masking: readonly MaskedTable[]; findings: Finding[] }> {
  if (plan.off) return { masking: [], findings: [] }
  const configured = Object.keys(plan.rules).length > 0
  if (configured) progress('masking')
  const masked = await mask(plan, {
    connection,
    parallelism: availableParallelism(),
    onProgress: (done, all) => progress(`masked ${done} of ${count(all, 'table')}`),
  })
  return {
    masking: masked.tables,
    findings: [
      ...maskedFinding(path, masked),
      ...unmaskedFinding(path, masked, configured),
      ...emptiedFindings(masked),
    ],
  }
}

function maskedFinding(path: string, { tables, largeObjects }: Masked): Finding[] {
  if (tables.length === 0) return []
  const columns = tables.reduce((sum, table) => sum + table.columns.length, 0)
  const left =
    largeObjects === 0
      ? ''
      : ` ${count(largeObjects, 'large object')} cannot be masked and stayed as they were.`
  return [
    {
      id: 'masked',
      severity: largeObjects === 0 ? 'notice' : 'warning',
      subject: path,
      message: `${count(columns, 'column')} of ${count(tables.length, 'table')} were masked before anything else saw the data.${left}`,
      evidence: { details: tables.map(detail) },
    },
  ]
}

function detail({ name, rows, columns }: MaskedTable): string {
  const list = columns.map(
    (column) =>
      `${column.name} (${column.rule}${column.because === undefined ? '' : `, as ${column.because}`})`,
  )
  return `${name}: ${list.join(', ')}; ${count(rows, 'row')}`
}

function unmaskedFinding(path: string, { unmasked }: Masked, configured: boolean): Finding[] {
  if (unmasked.length === 0) return []
  const one = unmasked.length === 1
  return [
    {
      id: 'unmasked-personal-data',
      severity: configured ? 'warning' : 'notice',
      subject: path,
      message: `${count(unmasked.length, 'column')} ${one ? 'looks' : 'look'} personal and ${one ? 'has' : 'have'} no masking rule.`,
      remedy:
        'Give each a rule in `masking.rules`, or `keep` where it may stay; --require-masking makes this an error.',
      evidence: { details: unmasked.map(({ title, what, by }) => `${title}: ${what}, by its ${by}`) },
    },
  ]
}

function emptiedFindings({ emptied }: Masked): Finding[] {
  return emptied.map(({ name, why }) => ({
    id: 'materialized-view-emptied',
    severity: 'unverified',
    subject: name,
    message: `It may have held unmasked values and could not be filled anew after masking, so it is empty: ${why}`,
    remedy: 'Make the view refreshable in the copy, or drop it from the backup that is rehearsed.',
  }))
}
