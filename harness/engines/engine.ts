import type { Readable } from 'node:stream'
import type { Connection } from '../postgres/connection.ts'
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
  /** Removes what dead runs left with this engine; returns a line for each thing removed. */
  sweep(request: SweepRequest): Promise<string[]>
}

export interface ServerRequest {
  /** The Postgres major to run; undefined lets the engine take its default. */
  readonly major: number | undefined
  /** Docker: image to use instead of `postgres:<major>`. */
  readonly image: string | undefined
  /** External: the server's URL, with rights to create databases. */
  readonly serverUrl: string | undefined
  readonly run: Run
}

export interface SweepRequest {
  readonly serverUrl: string | undefined
  /** Also remove what `--keep` left (`rehearse clean`); a living run is never touched. */
  readonly kept: boolean
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
  connection(database: string): Connection
  /** Whether `runTool` has this client tool, and its version (`17.10`). */
  toolVersion(tool: ClientTool): Promise<string | undefined>
  /** Runs a client tool against `database`, feeding it `stdin`; never throws on a non-zero exit. */
  runTool(tool: ClientTool, args: readonly string[], options: ToolOptions): Promise<ToolResult>
  createDatabase(name: string, options?: { encoding?: string }): Promise<void>
  /** Copies a database that nobody is connected to. */
  cloneDatabase(source: string, target: string): Promise<void>
  dropDatabase(name: string): Promise<void>
  /** A shell command that opens psql in `database`, holding no secret; and one that removes it all. */
  hints(database: string): Promise<{ readonly connect: string; readonly remove: string }>
  /** Leaves the server running after this program ends; `rehearse clean` removes it. */
  keep(): Promise<void>
  /** Stops and removes; safe to call twice. */
  stop(): Promise<void>
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
