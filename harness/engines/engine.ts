import type { Readable } from 'node:stream'
import type { DatabaseLocale } from '../postgres/database-locale.ts'
import type { Connection } from '../postgres/connection.ts'
import type { DataDirectory } from './data-directory.ts'
import type { Run } from '../runs/run.ts'

/** Starts throwaway Postgres servers, or hands out databases on one that is there. */
export interface Engine {
  readonly name: string
  /** One line for `--help` and the docs. */
  readonly description: string
  /** Says whether `start` would work for this request; starts and downloads nothing. */
  probe(request: ServerRequest): Promise<Availability>
  /** Starts a server that answers a real query; throws HarnessError when it cannot. */
  start(request: ServerRequest): Promise<Server>
  /** Free where the server would keep its data; undefined when nobody can tell, or it needs none. */
  freeBytes(request: ServerRequest): Promise<number | undefined>
  /** Removes what dead runs left with this engine; returns a line for each thing removed. */
  sweep(request: SweepRequest): Promise<string[]>
  /** Freezing servers and starting thin clones of them; undefined where the engine cannot. */
  readonly freezing?: Freezing
}

/** What an engine can do that owns the data directories of its servers. */
export interface Freezing {
  /** What of the engine shapes a data directory; frozen data serves only requests with the same answer. */
  identity(request: ServerRequest): Promise<string>
  /** As `Engine.start`, on a data directory that can be frozen. */
  start(request: ServerRequest): Promise<FreezableServer>
  /**
   * Starts a server of its own on a writable clone of `frozen`, whose control file it checks first: throws
   * HarnessError `snapshot-altered` when that is another than when it was frozen, or gone.
   */
  clone(frozen: Frozen, request: CloneServerRequest): Promise<ClonedServer>
  /** Removes frozen data that is in no store. */
  discard(frozen: Frozen): Promise<void>
  /** Where frozen data is kept for later runs. */
  readonly shelf: Shelf
}

export interface FreezableServer extends Server {
  /** Stops the server cleanly and hands over its data, to which nothing writes any more; `stop` has nothing left to do. */
  freeze(): Promise<Frozen>
}

/** The data directory of a server that was stopped cleanly. */
export interface Frozen {
  /** The engine's own name for it: a volume, a directory. */
  readonly place: string
  /** Hex SHA-256 of its `global/pg_control`. */
  readonly controlDigest: string
  readonly bytes: number
  /** The command that clones and removes it; left out where the engine does. */
  readonly storageHook?: string
}

export interface CloneServerRequest extends ServerRequest {
  /** One word for the clone's labels and log. */
  readonly purpose: string
}

export interface ClonedServer {
  readonly server: Server
  /** How the copy was made, in a few words for the report. */
  readonly method: string
  /**
   * Makes the files of a database the clone's own, so that nothing that is timed later pays for being the first to
   * open one; does nothing where that costs nothing.
   */
  unshare(database: string): Promise<void>
}

/** Frozen data that later runs find by its key. What is on it is whole. */
export interface Shelf {
  list(): Promise<ShelvedSnapshot[]>
  /** Free for more; undefined when nobody can tell. */
  freeBytes(): Promise<number | undefined>
  /** Puts it on the shelf, whole or not at all. Returns what is there under its key: another's, when that came first. */
  put(snapshot: Omit<ShelvedSnapshot, 'clones'>): Promise<ShelvedSnapshot>
  /** Takes it off and removes its data. */
  remove(snapshot: ShelvedSnapshot): Promise<void>
}

export interface ShelvedSnapshot {
  readonly key: string
  readonly frozen: Frozen
  /** What the store wants to know again, as JSON. */
  readonly record: string
  /** Servers that run on clones of it now. */
  readonly clones: number
}

export interface ServerRequest {
  /** The Postgres major to run; undefined lets the engine take its default. */
  readonly major: number | undefined
  /** Docker: image to use instead of `postgres:<major>`. */
  readonly image: string | undefined
  /** External: the server's URL, with rights to create databases. */
  readonly serverUrl: string | undefined
  /** External: the `system_identifier` of production, where the backup tells it; a server that has it is refused. */
  readonly productionIdentifier?: string | null
  /** Start on these files, which must be of `major`, instead of on an empty cluster. */
  readonly data?: DataDirectory | undefined
  /** On the server's command line: they hold while it runs, and its data knows nothing of them. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Embedded: a command that makes, clones and removes data directories; see `callStorageHook`. */
  readonly storageHook?: string | undefined
  readonly run: Run
  /** A kept server is removed by the first sweep after this; undefined: by `rehearse clean` alone. */
  readonly expiresAt?: Date
}

export interface SweepRequest {
  readonly serverUrl: string | undefined
  /** Also remove what `--keep` left (`rehearse clean`); a living run is never touched. */
  readonly kept: boolean
  /** Only what this run made. */
  readonly only?: string
}

export type Availability =
  | { readonly available: true; readonly detail: string }
  | { readonly available: false; readonly reason: string; readonly remedy: string }

/** Whether the server can open connections to anything but itself: what it restored may try. */
export type Egress = { readonly blocked: true } | { readonly blocked: false; readonly why: string }

/** A running server. Everything it made is gone after `stop`. */
export interface Server {
  readonly engine: string
  /** `17.10`. */
  readonly version: string
  readonly major: number
  readonly image: string | null
  /** True when the server is ours alone: settings may be changed and roles created. */
  readonly owned: boolean
  /** `runTool` runs on this machine: its tools can be given paths of files here. */
  readonly toolsReadFiles: boolean
  readonly egress: Egress
  /** What it means that the server is on another machine, a sentence each. */
  readonly remote?: readonly string[]
  connection(database: string): Connection
  /** Whether `runTool` has this client tool, and its version (`17.10`). */
  toolVersion(tool: ClientTool): Promise<string | undefined>
  /** Runs a client tool against `database`, feeding it `stdin`; never throws on a non-zero exit. */
  runTool(tool: ClientTool, args: readonly string[], options: ToolOptions): Promise<ToolResult>
  /** Makes an empty database; returns in what its locale differs from the one asked for, a sentence each. */
  createDatabase(
    name: string,
    options?: { encoding?: string; locale?: DatabaseLocale },
  ): Promise<readonly string[]>
  /** Copies a database that nobody is connected to. */
  cloneDatabase(source: string, target: string): Promise<void>
  dropDatabase(name: string): Promise<void>
  /** Shuts a server of ours down and starts it again; `connection` may lead to another port afterwards. */
  restart(): Promise<void>
  /** A shell command that opens psql in `database`, holding no secret; and one that removes it all. */
  hints(database: string): Promise<ServerHints>
  /**
   * Ends one of the server's processes with SIGKILL, upon which it ends all its sessions, forgets what was in
   * memory and recovers from its log; resolves when it answers again. Undefined where the server is not ours alone.
   */
  readonly crash?: (backendPid: number) => Promise<void>
  /** Leaves the server running after this program ends; `rehearse clean` removes it. */
  keep(): Promise<void>
  /** Stops and removes; safe to call twice. */
  stop(): Promise<void>
}

export interface ServerHints {
  readonly connect: string
  readonly remove: string
  /** What connects when this program has ended, where it is another than `connection`; once `tunnel` runs, if there is one. */
  readonly lasting?: { readonly host: string; readonly port: number; readonly tunnel?: string }
}

export type ClientTool = 'psql' | 'pg_restore' | 'pg_dump'

export interface ToolOptions {
  readonly database: string
  readonly stdin?: Readable
  readonly signal?: AbortSignal
}

export interface ToolResult {
  readonly exitCode: number
  readonly stdout: string
  /** The last 1 MiB of it. */
  readonly stderr: string
}
