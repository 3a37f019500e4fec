import type { Finding, Rehearsal } from './rehearsal.ts'

/** One sentence that gives a rehearsal's verdict and its reason. */
export function summaryOf(rehearsal: Omit<Rehearsal, 'summary'>): string {
  if (rehearsal.verdict === 'passed') return passed(rehearsal)
  const wanted = rehearsal.verdict === 'failed' ? 'error' : 'unverified'
  const reasons = rehearsal.findings.filter((finding) => finding.severity === wanted)
  const first = reasons[0]
  if (first === undefined) return incomplete(rehearsal)
  const others = reasons.length === 1 ? '' : ` (and ${reasons.length - 1} more)`
  return `${first.subject}: ${first.message.split('\n')[0]}${others}`
}

function passed({ pending, migrations, specs, findings }: Omit<Rehearsal, 'summary'>): string {
  const executed = specs.reduce((sum, pass) => sum + pass.passed, 0)
  const upMs = migrations
    .filter((run) => run.direction === 'up')
    .reduce((sum, run) => sum + run.durationMs, 0)
  if (pending?.length === 0)
    return `No migration is pending; the backup restores and ${executed} specs pass on it.`
  const number = pending?.length === 1 ? '1 migration applies' : `${pending?.length ?? 0} migrations apply`
  return `${number} in ${(upMs / 1_000).toFixed(1)} s, ${dataSentence(findings)}, ${executed} specs pass, and rollback brings the old state back.`
}

function incomplete({ stages }: Omit<Rehearsal, 'summary'>): string {
  const stopped = stages.find((stage) => stage.status !== 'completed')
  return stopped === undefined
    ? 'Nothing was verified.'
    : `${stopped.name} did not complete: ${stopped.summary}`
}

/** Only what the comparison of the data said: an allowed change, a dropped column or a sample is not "every row". */
function dataSentence(findings: readonly Finding[]): string {
  const touched = findings.filter((finding) =>
    ['data-changed', 'row-count-drift', 'data-dropped'].includes(finding.id),
  )
  const sampled = findings.filter(({ id }) => id === 'rows-sampled').map(({ subject }) => subject)
  const within = sampled.length === 0 ? '' : `, as far as a sample tells of ${sampled.join(', ')}`
  if (touched.length === 0) return `every row and value is still there${within}`
  return `data changed only where it may (${touched.map((finding) => finding.subject).join(', ')})${within}`
}
