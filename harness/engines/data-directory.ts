/** A cluster's files, for a server that is started on them as they are. */
export interface DataDirectory {
  readonly major: number
  /** It is the copy of a running server and begins with recovery, up to where it is consistent. */
  readonly recovers: boolean
  /** Recovery ends there, and not with the WAL: a time with its zone, as Postgres reads it. */
  readonly targetTime?: string
  /** What the server must allow at least, as the one it was copied from did. */
  readonly minimums: Readonly<Record<string, number>>
  /** Where all of it lies on this machine as it is; undefined for an archive. Nothing may ever write there. */
  readonly directory?: string | undefined
  /** Every file in turn; the content of one is to be read before the next is asked for. */
  files(): AsyncIterable<DataFile>
}

export interface DataFile {
  /** Below the data directory, with slashes; a tablespace lies in `pg_tblspc/<oid>`. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly bytes: number
  /** Where it lies on this machine as it is; undefined when it comes out of an archive. */
  readonly localPath: string | undefined
  content(): AsyncIterable<Buffer>
}
