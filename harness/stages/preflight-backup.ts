import { chooseEngine } from '../engines/index.ts'
import { clientToolVersion } from '../postgres/client-tools.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { staleBackup } from './backup-age.ts'
import type { Given } from './given.ts'
import { enoughDisk, majorChange, readBackup, type PreparedBackup } from './preflight.ts'

/**
 * Finds out, before anything is started, whether the backup is whole and can be restored here; nothing is asked about
 * migrations and specs. Throws HarnessError.
 */
export async function preflightBackup(
  { plan, run }: Given,
  progress: Progress,
): Promise<StageOutput<PreparedBackup>> {
  progress('reading the backup')
  const opened = await readBackup({ plan, run }, { schema: undefined, name: 'kysely_migration' })
  const { file, format, facts } = opened
  const major = plan.postgres ?? facts.serverMajor ?? undefined
  const request = { major, image: plan.image, serverUrl: plan.serverUrl, run }
  const chosen = await chooseEngine(plan.engine, request)
  if (chosen.engine.name !== 'docker') await format.checkTools(facts, clientToolVersion)
  await enoughDisk(file, facts.compression !== 'none')
  const sums =
    facts.manifest === null
      ? ''
      : `, ${count(facts.manifest.files.length, 'file')} with the manifest's checksums`
  return {
    facts: { ...opened, ...chosen, request },
    summary: `${facts.format} backup, ${bytes(file.bytes)}${sums}, ${chosen.engine.name}`,
    findings: [...(await staleBackup(file, facts, plan.maxAgeMs)), ...majorChange(plan, facts)],
  }
}
