import type { BackupSummary, Rehearsal, Verdict } from './rehearsal.ts'

/** What `rehearse verify-backup` does, in order. */
export const verificationStages = ['preflight', 'provision', 'restore', 'baseline'] as const

/** The verification of one backup: what its reports are made from. Schema: `docs/backup-verification.schema.json`. */
export interface BackupVerification extends Pick<
  Rehearsal,
  | 'schemaVersion'
  | 'tool'
  | 'id'
  | 'startedAt'
  | 'durationMs'
  | 'verdict'
  | 'summary'
  | 'engine'
  | 'tables'
  | 'stages'
  | 'findings'
  | 'limits'
> {
  readonly kind: 'backup-verification'
  readonly backup:
    | (BackupSummary & { readonly createdAt: string | null; readonly hasManifest: boolean })
    | null
}

/** `failed` with any error; `passed` when every stage completed and nothing is unverified; else `could-not-verify`. */
export function verdictOfVerification({
  stages,
  findings,
}: Pick<BackupVerification, 'stages' | 'findings'>): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'failed'
  const completed = new Set(stages.filter(({ status }) => status === 'completed').map(({ name }) => name))
  const whole = verificationStages.every((name) => completed.has(name))
  return whole && !findings.some(({ severity }) => severity === 'unverified') ? 'passed' : 'could-not-verify'
}

/** One sentence that gives a verification's verdict and its reason. */
export function summaryOfVerification({
  verdict,
  findings,
  stages,
  tables,
}: Omit<BackupVerification, 'summary'>): string {
  if (verdict === 'passed') {
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    return `The backup restores whole: ${tables.length.toLocaleString('en-GB')} tables, ${rows.toLocaleString('en-GB')} rows.`
  }
  const wanted = verdict === 'failed' ? 'error' : 'unverified'
  const [first, ...others] = findings.filter(({ severity }) => severity === wanted)
  if (first !== undefined) {
    return `${first.subject}: ${first.message.split('\n')[0]}${others.length === 0 ? '' : ` (and ${others.length} more)`}`
  }
  const stopped = stages.find(({ status }) => status !== 'completed')
  return stopped === undefined
    ? 'Nothing was verified.'
    : `${stopped.name} did not complete: ${stopped.summary}`
}
