/** The user's own traffic, ready to be sent. */
export interface TrafficPlan {
  /** Units a second over all clients; a replay has times of its own. */
  readonly ratePerSecond: number
  /** Sessions. */
  readonly clients: number
  readonly units: readonly TrafficUnit[]
  /** Null without a replay. */
  readonly replay: readonly ReplayedStatement[] | null
}

/** What one arrival does: the steps in order, on one session. */
export interface TrafficUnit {
  readonly name: string
  /** Its share of the arrivals, against the sum of all. */
  readonly weight: number
  readonly steps: readonly TrafficStep[]
}

export type TrafficStep =
  /** `:name` in it is a variable where `variables` has it. */
  | { readonly kind: 'sql'; readonly sql: string; readonly variables: readonly string[] }
  | { readonly kind: 'set'; readonly variable: string; readonly expression: Expression }
  | { readonly kind: 'sleep'; readonly durationMs: number }

/** Whole numbers, as pgbench has them. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'random'; readonly from: Expression; readonly to: Expression }
  | {
      readonly kind: 'operation'
      readonly operator: '+' | '-' | '*' | '/' | '%'
      readonly left: Expression
      readonly right: Expression
    }

export interface ReplayedStatement {
  /** Since the replay's beginning. */
  readonly atMs: number
  readonly sql: string
  readonly params: readonly (string | number | boolean | null)[]
}
