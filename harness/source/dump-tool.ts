import { HarnessError } from '../errors.ts'
import { clientToolVersion } from '../postgres/client-tools.ts'
import type { Run } from '../runs/run.ts'
import { containerTool } from './container-tool.ts'
import { localTool } from './local-tool.ts'
import type { Source } from './source.ts'

/** A pg_dump that can read the source. */
export interface DumpTool {
  /** `17.12`. */
  readonly version: string
  /** `PATH`, or the image that it is in. */
  readonly from: string
  /**
   * Dumps the whole database, as `snapshot` sees it, into `directory`, which must not exist. Throws HarnessError
   * `dump-failed` with what pg_dump said, and the signal's reason when it is aborted.
   */
  dump(directory: string, request: DumpRequest): Promise<void>
  /** Removes what was started for it. */
  close(): Promise<void>
}

export interface DumpRequest {
  readonly snapshot: string
  readonly jobs: number
  readonly isReplica: boolean
  readonly signal: AbortSignal
}

/**
 * The pg_dump that fits best: one of the server's own major on PATH, else that of the image `postgres:<major>`, else a
 * newer one on PATH, whose archives older tools cannot read. Throws HarnessError `no-pg-dump`.
 */
export async function chooseDumpTool(source: Source, major: number, run: Run): Promise<DumpTool> {
  const local = await clientToolVersion('pg_dump')
  const localMajor = Number.parseInt(local ?? '0', 10)
  if (local !== undefined && localMajor === major) return localTool(source, local, run)
  const inContainer = await containerTool(source, major, run).catch((error: unknown) => {
    if (error instanceof HarnessError) return error
    throw error
  })
  if (!(inContainer instanceof HarnessError)) return inContainer
  if (local !== undefined && localMajor > major) return localTool(source, local, run)
  const here = local === undefined ? 'There is none on PATH' : `The one on PATH is ${local}`
  throw new HarnessError(
    'no-pg-dump',
    `Postgres ${major} needs pg_dump ${major} or newer. ${here}, and its image cannot be had: ${inContainer.message}`,
    {
      hint: `Install it (Debian and Ubuntu: postgresql-client-${major}), or start Docker. ${inContainer.hint}`,
      cause: inContainer,
    },
  )
}
