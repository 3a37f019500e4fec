/** One run of the tool: its identity, its scratch directory and its child processes, found again after SIGKILL. */
export interface Run {
  /** `r` and 10 lower-case letters and digits; part of every name that the run creates. */
  readonly id: string
  /** Absolute, private to the user, removed on `dispose`. */
  readonly directory: string
  /** Who owns what the run makes; also written as labels on containers and comments on databases. */
  readonly owner: Owner
  /** Remembers a child's process group so that a later sweep ends it when this program was killed. */
  track(pid: number): void
  untrack(pid: number): void
  /** Marks the run as kept: no sweep but `rehearse clean` removes it, or any after `expiresAt`. */
  keep(expiresAt?: Date): void
  /** Removes the directory, unless kept. */
  dispose(): Promise<void>
}

export interface Owner {
  readonly host: string
  readonly pid: number
  /** When the process started, as the operating system tells it; guards against a reused pid. */
  readonly startedAt: string
}
