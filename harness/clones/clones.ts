import type { Server } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'

/** A copy of the restored database for one question alone; nothing else writes to it. */
export interface Clone {
  readonly server: Server
  readonly database: string
  readonly connection: Connection
  /** True when nothing else lives on `server`: it may be killed, filled up and given other settings. */
  readonly isolated: boolean
  /** Removes the copy; safe to call twice. */
  close(): Promise<void>
}

export interface CloneOptions {
  /** One word that says what the copy is for; part of its name. */
  readonly purpose: string
  /** The question needs a server of its own. */
  readonly isolated?: boolean
}

/** Makes pristine copies of the restored database, as many as are asked for. */
export interface Clones {
  /** How copies are made, in a few words for the report. */
  readonly method: string
  /** How many are worth having at once on this machine. */
  readonly parallelism: number
  /** False when no copy can have a server of its own. */
  readonly canIsolate: boolean
  /** Throws HarnessError `clone-not-isolated` when `isolated` is asked for and cannot be had. */
  open(options: CloneOptions): Promise<Clone>
}
