/** One thing a user can set: its flag, its environment variable and its place in the config file. */
export interface Setting {
  readonly key: string
  /** As commander takes it; undefined where a flag would put a secret on the command line. */
  readonly flag?: string
  readonly variable: string
  readonly description: string
  /** Shown in the help; the value itself is filled in by config.ts. */
  readonly defaultText?: string
  /** Read from a variable as a comma-separated list; the flag may be repeated. */
  readonly list?: true
  /** Shown in `.env.example`. */
  readonly example: string
}
