/** What the team says about its deployments; everything of it is optional in the config file. */
export interface DeploymentSettings {
  /** IANA name, such as `Europe/London`. */
  readonly timeZone: string
  readonly traffic: TrafficSource | undefined
  /** Weekdays on which a window may begin, 0 is Monday; undefined: any. */
  readonly days: readonly number[] | undefined
  /** Minutes of the day between which a window lies; undefined: any. */
  readonly hours: { readonly from: number; readonly to: number } | undefined
  /** Nobody is asked to deploy sooner than this. */
  readonly noticeMs: number
  /** How many times slower than the rehearsal production may be. */
  readonly margin: number
  /** Undefined where the team has not said it. */
  readonly commands: Readonly<Record<CommandName, string | undefined>>
  readonly people: Readonly<Record<Role, string | undefined>>
}

export type TrafficSource =
  | { readonly kind: 'file'; /** Absolute. */ readonly path: string }
  | {
      readonly kind: 'table'
      /** 24 counts an hour for each day, Monday first. */ readonly days: readonly (readonly number[])[]
    }

export const commandNames = ['backup', 'migrate', 'verify', 'rollback', 'restore'] as const
export type CommandName = (typeof commandNames)[number]

export const roles = ['developers', 'operations', 'lead'] as const
export type Role = (typeof roles)[number]
