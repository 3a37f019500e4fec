import type { Readable } from 'node:stream'
import type { ClientTool, Server } from '../engines/engine.ts'

/** A kind of restorable artifact, recognised by content and never by name. */
export interface BackupFormat {
  readonly name: string
  readonly description: string
  /** Whether the first bytes after decompression are this format's. */
  recognises(head: Buffer): boolean
  /** Reads what the backup holds without restoring it; throws HarnessError when it is damaged. */
  describe(file: BackupFile, migrationTable: MigrationTable): Promise<BackupFacts>
  /**
   * What would restore it with these tools: `pg_restore 17.10`, `psql 17.10`, `built-in loader`. Throws
   * HarnessError when nothing here can. Needs no server, so preflight can ask.
   */
  checkTools(facts: BackupFacts, toolVersion: ToolVersion): Promise<string>
  /** Restores into an existing, empty database; throws HarnessError when the copy would be unusable. */
  restore(request: RestoreRequest): Promise<RestoreOutcome>
}

export interface BackupFile {
  /** Absolute. */
  readonly path: string
  /** On disk, compressed. */
  readonly bytes: number
  readonly compression: 'none' | 'gzip'
  /**
   * Opens the content, decompressed; `onRead` hears every chunk as it lies on disk. Damage found on the way
   * is a HarnessError that the stream is destroyed with.
   */
  open(onRead?: (chunk: Buffer) => void): Readable
}

/** Version of a client tool (`17.10`); undefined when it is not there. As `Server.toolVersion`. */
export type ToolVersion = (tool: ClientTool) => Promise<string | undefined>

export interface MigrationTable {
  /** Undefined: any schema. */
  readonly schema: string | undefined
  readonly name: string
}

export interface BackupFacts {
  readonly format: string
  /** The format's own version, `1.14` of a custom archive; null when it has none. */
  readonly formatVersion: string | null
  readonly compression: string
  readonly bytes: number
  /** Hex digest of the file as it lies on disk. */
  readonly sha256: string
  readonly serverVersion: string | null
  readonly serverMajor: number | null
  readonly dumpVersion: string | null
  readonly database: string | null
  readonly encoding: string | null
  /** Every role named by an owner, grant, policy or default privilege, without `public`. */
  readonly roles: readonly string[]
  readonly extensions: readonly string[]
  /** `schema.table` of every table whose data the backup holds. */
  readonly tables: readonly string[]
  /** Names in the migration table; null when it could not be read without restoring. */
  readonly appliedMigrations: readonly string[] | null
  /** psql's own commands in a plain dump, without the backslash: `restrict`. */
  readonly metaCommands: readonly string[]
}

export interface RestoreRequest {
  readonly file: BackupFile
  readonly facts: BackupFacts
  readonly server: Server
  /** Exists and is empty. */
  readonly database: string
  readonly onProgress: (bytes: number) => void
  readonly signal: AbortSignal
}

export interface RestoreOutcome {
  /** What did it: `pg_restore 17.10`, `psql 17.10`, `built-in loader`. */
  readonly method: string
  /** What the tool said, classified; a `fatal` one is thrown as HarnessError instead. */
  readonly messages: readonly RestoreMessage[]
}

export interface RestoreMessage {
  /** `degraded`: an object of the backup is not in the copy. */
  readonly kind: 'benign' | 'degraded'
  readonly text: string
}
