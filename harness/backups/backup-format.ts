import type { Readable } from 'node:stream'
import type { DatabaseLocale } from '../postgres/database-locale.ts'
import type { DataDirectory } from '../engines/data-directory.ts'
import type { Manifest } from './manifest.ts'
import type { ClientTool, Server } from '../engines/engine.ts'

/** A kind of restorable artifact, recognised by content and never by name. */
export interface BackupFormat {
  readonly name: string
  readonly description: string
  /** Whether the first bytes after decompression, or the files of a directory or tar, are this format's. */
  recognises(head: Buffer, members?: Members): boolean
  /** The date in its head, as `BackupFacts.createdAt`, without reading further. */
  createdAt(file: BackupFile): Promise<string | null>
  /**
   * Reads what the backup holds without restoring it; throws HarnessError when it is damaged. `database` says which
   * one is meant where a backup has several.
   */
  describe(file: BackupFile, migrationTable: MigrationTable, database?: string): Promise<BackupFacts>
  /**
   * What would restore it with these tools: `pg_restore 17.10`, `psql 17.10`, `built-in loader`. Throws
   * HarnessError when nothing here can. Needs no server, so preflight can ask.
   */
  checkTools(facts: BackupFacts, toolVersion: ToolVersion): Promise<string>
  /** The cluster's files, for a server that is started on them instead of restored into. */
  dataDirectory?(file: BackupFile, facts: BackupFacts): DataDirectory | undefined
  /** Restores into an existing, empty database; throws HarnessError when the copy would be unusable. */
  restore(request: RestoreRequest): Promise<RestoreOutcome>
}

/** What a backup turned out to be. */
export interface OpenedBackup {
  readonly file: BackupFile
  readonly format: BackupFormat
}

export interface BackupFile {
  /** Absolute, of a file or a directory; of a backup from elsewhere what that is called: `s3://backups/monday.dump`. */
  readonly path: string
  /** As it is stored, compressed; of a directory all its files together. */
  readonly bytes: number
  /** When it was last written where it comes from; null where nothing tells, as of a command's output. */
  readonly writtenAt: Date | null
  /** The outermost one; `none` for a directory. */
  readonly compression: Compression
  /** It lies within an uncompressed tar: its bytes are not the file's from the beginning. */
  readonly wrapped: boolean
  /** The files of a directory or a tar; undefined for every other backup. */
  readonly members: Members | undefined
  /**
   * Opens the content, decompressed; `onRead` hears every chunk as it lies on disk. Damage found on the way
   * is a HarnessError that the stream is destroyed with. A directory has no such content: it throws.
   */
  open(onRead?: (chunk: Buffer) => void): Readable
  /** As `open`, from a byte on; undefined where the content can only be read from its beginning. */
  openAt?(start: number, onRead?: (chunk: Buffer) => void): AsyncIterable<Buffer>
  /** The bytes as they are stored, from one on. A directory has none of its own: it throws. */
  stored(start: number): AsyncIterable<Buffer>
}

export type Compression = 'none' | 'gzip' | 'zstd' | 'lz4' | 'xz' | 'bzip2'

/** The files of one backup in a directory or a tar, by their names below the folder that holds `toc.dat` or `PG_VERSION`. */
export interface Members {
  /** `stream`: a tar that pg_restore can read from its start to its end, as pg_dump wrote it. */
  readonly kind: 'directory' | 'tar' | 'stream'
  /** Of a directory on this machine. */
  readonly directory: string | undefined
  /** Of a tar: the path of their folder in it, empty or ending in a slash. */
  readonly prefix: string
  /** Bytes of each as they are stored, in the order of the tar. */
  readonly sizes: ReadonlyMap<string, number>
  /** Opens one of them, as it is stored. */
  open(name: string, onRead?: (chunk: Buffer) => void): AsyncIterable<Buffer>
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
  /**
   * Of the server that it was taken from, in decimal; another server has the same one only when one is a physical
   * copy of the other. Null where the backup does not say, as no dump does.
   */
  readonly systemIdentifier: string | null
  readonly dumpVersion: string | null
  /** When the dump began, in the local time of where it ran: `2026-01-31 23:59:59`; null when it does not say. */
  readonly createdAt: string | null
  /** Of a plain dump only when it connects to it by itself. */
  readonly database: string | null
  readonly encoding: string | null
  /** Of the database as CREATE DATABASE says; null where the backup does not. */
  readonly locale: DatabaseLocale | null
  /** Every role named by an owner, grant, policy or default privilege, without `public`. */
  readonly roles: readonly string[]
  readonly extensions: readonly string[]
  readonly tablespaces: readonly string[]
  readonly publications: readonly string[]
  readonly subscriptions: readonly string[]
  readonly foreignServers: readonly string[]
  /**
   * Statements that give the server its roles and the database and its roles their settings, in order, as the
   * backup has them: they name the backup's own database and may hold secrets.
   */
  readonly clusterStatements: readonly string[]
  /** `schema.table` of every table whose data the backup holds. */
  readonly tables: readonly string[]
  /** Names in the migration table; null when it could not be read without restoring. */
  readonly appliedMigrations: readonly string[] | null
  /** psql's own commands in a plain dump, without the backslash: `restrict`. */
  readonly metaCommands: readonly string[]
  /** Of a base backup, which is started as it is; null for what is loaded. */
  readonly physical: PhysicalFacts | null
  /** What the restored database has to have. */
  readonly contents: BackupContents
  /** Of a backup that `rehearse backup` took; its files are as it says. */
  readonly manifest: Manifest | null
}

/** What only a copy of a cluster's files says. */
export interface PhysicalFacts {
  /** `verified`: every file is as long and has the checksum that the backup's manifest says. */
  readonly manifest: 'verified' | 'missing'
  /** It needs recovery; a copy of a server that was shut down does not. */
  readonly recovers: boolean
  /** What the server must allow at least, as the copied one did. */
  readonly minimums: Readonly<Record<string, number>>
  /** The server's own configuration, where it lay in the data directory; may hold secrets. */
  readonly configuration: string | null
}

/** What a backup says that its database has, to be looked for once it is restored. */
export interface BackupContents {
  /** Where it is read from; `none` when the backup is SQL that pg_dump did not write. */
  readonly source: 'table of contents' | 'statements' | 'none'
  readonly entries: readonly BackupEntry[]
  /** Constraints that the backup has as not validated, as `entryName` writes them. */
  readonly notValidated: readonly string[]
  /** The state that sequences are set to; `name` is qualified and quoted as needed. */
  readonly sequences: readonly SequenceState[]
  /** Rows of data by `schema.table`, as far as they were counted while reading. */
  readonly rows: Readonly<Record<string, number>>
}

export interface BackupEntry {
  /** As an archive's table of contents has it: `TABLE`, `FK CONSTRAINT`; of statements also `ROUTINE NAME`. */
  readonly kind: string
  readonly schema: string | null
  /** As in a table of contents, without quotes: `titles`, `net(integer)`, `titles titles_pkey` for a constraint. */
  readonly name: string
}

export interface SequenceState {
  readonly name: string
  /** A whole number, as text. */
  readonly lastValue: string
  readonly isCalled: boolean
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
