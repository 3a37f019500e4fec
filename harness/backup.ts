import type { Manifest } from './backups/manifest.ts'
import type { Redactor } from './redact.ts'
import { openRun } from './runs/open-run.ts'
import { sweepRuns } from './runs/sweep.ts'
import { engines } from './engines/index.ts'
import type { Source } from './source/source.ts'
import { takeBackup, type BackupRequest } from './source/take-backup.ts'

/** What `rehearse backup --json` prints. */
export interface BackupResult {
  /** Absolute. */
  readonly path: string
  readonly bytes: number
  readonly durationMs: number
  /** Tables whose rows were to be counted and were not, a sentence each. */
  readonly uncounted: readonly string[]
  readonly manifest: Manifest
}

export interface BackupOptions extends Omit<BackupRequest, 'run'> {
  readonly redactor: Redactor
}

/** Takes a backup of a live server; removes all else that it started, and what dead runs left. Throws HarnessError. */
export async function backup({ redactor, ...request }: BackupOptions): Promise<BackupResult> {
  redactor.add(secretOf(request.source))
  const startedAt = Date.now()
  await sweepRuns({ kept: false })
  await engines.docker.sweep({ serverUrl: undefined, kept: false })
  const run = await openRun()
  try {
    const { path, manifest, uncounted } = await takeBackup({ ...request, run })
    return redactor.deep({
      path,
      bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      durationMs: Date.now() - startedAt,
      uncounted: uncounted.map(({ schema, name, reason }) => `${schema}.${name}: ${reason}`),
      manifest,
    })
  } finally {
    await run.dispose()
  }
}

function secretOf({ connection }: Source): string {
  return connection.password
}
