import type { Engine } from '../engines/engine.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { staleBackup } from './backup-age.ts'
import type { Given } from './given.ts'
import { missingManifest } from './missing-manifest.ts'
import { majorChange, prepareBackup, type PreparedBackup } from './prepare-backup.ts'

/**
 * Finds out, before anything is started, whether the backup is whole and can be restored here; nothing is asked about
 * migrations and specs. Throws HarnessError.
 */
export async function preflightBackup(
  given: Given,
  progress: Progress,
): Promise<StageOutput<PreparedBackup>> {
  progress('reading the backup')
  const prepared = await prepareBackup(given, progress)
  const { plan } = given
  const { file, facts, engine } = prepared
  const sums =
    facts.manifest === null
      ? ''
      : `, ${count(facts.manifest.files.length, 'file')} with the manifest's checksums`
  return {
    // Only what is restored now is proved now: no snapshot is looked for, and none is made. Nothing is timed.
    facts: { ...prepared, engine: withoutFreezing(engine), configuration: null },
    summary: `${facts.format} backup, ${bytes(file.bytes)}${sums}, ${engine.name}`,
    findings: [
      ...staleBackup(file, facts, plan),
      ...majorChange(plan, facts),
      ...missingManifest(file, facts),
    ],
  }
}

function withoutFreezing(engine: Engine): Engine {
  const { freezing: _, ...others } = engine
  return others
}
