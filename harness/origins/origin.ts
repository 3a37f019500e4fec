import type { OpenedBackup } from '../backups/backup-format.ts'
import type { Run } from '../runs/run.ts'

/** Where backups are kept, and how one is had from there. */
export interface Origin {
  readonly name: string
  readonly description: string
  /** It is read where it lies, so that a look at it costs little. */
  readonly inPlace: boolean
  /** Whether what is asked for is there. */
  holds(wanted: WantedBackup): boolean
  /** Throws HarnessError, and the signal's reason when it is aborted; nothing but `scratch` is written to. */
  open(request: OriginRequest): Promise<OpenedBackup>
}

/** Which backup is meant. */
export interface WantedBackup {
  /** An absolute path, or an address such as `s3://backups/nightly`; empty where something else says it. */
  readonly backup: string
  /** Shell command line whose standard output is the backup. */
  readonly backupCommand: string | undefined
  readonly pgbackrest?: PgBackRestPlan | undefined
}

/** How a pgBackRest repository is read; undefined is what pgBackRest does by itself. */
export interface PgBackRestPlan {
  /** Absolute. */
  readonly config: string | undefined
  /** A time with its zone; undefined: the end of the WAL. */
  readonly targetTime: string | undefined
  /** Absolute; what is restored stays there, and the next time only what changed is fetched. */
  readonly directory: string | undefined
}

export interface OriginRequest extends WantedBackup {
  /** Where commands run. */
  readonly cwd: string
  readonly run: Run
  /** A directory of this run's own for what has to lie here, which need not exist yet; the run removes it. */
  readonly scratch: string
  readonly signal: AbortSignal
  readonly onProgress: (detail: string) => void
}
