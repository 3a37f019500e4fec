import { rm } from 'node:fs/promises'
import { envelopeText, seal } from '../certificate/envelope.ts'
import { signingKey } from '../certificate/keys.ts'
import { certificateOf } from '../certificate/statement.ts'
import { digestSources } from '../migrator/source-digests.ts'
import type { Plan } from '../plan.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { reports } from '../reports/index.ts'
import { writeReport } from './write-report.ts'

/**
 * Leaves the certificate of a passed rehearsal where the plan wants one. After any other there is none: what an
 * earlier rehearsal left in its place is removed, as it no longer is the last word.
 */
export async function certify(
  { certificate: path, migrations, cwd }: Plan,
  rehearsal: Rehearsal,
): Promise<void> {
  if (path === undefined) return
  await rm(path, { force: true })
  const certificate = certificateOf(rehearsal, reports.json.render(rehearsal))
  if (certificate === undefined) return console.error('  no certificate: the rehearsal did not pass')
  const after = await digestSources(migrations, cwd)
  if (JSON.stringify(after) !== JSON.stringify(rehearsal.migrationSources)) {
    return console.error('  no certificate: the migrations were changed while they were rehearsed')
  }
  const envelope = seal(JSON.stringify(certificate), signingKey(process.env))
  await writeReport(path, envelopeText(envelope))
}
