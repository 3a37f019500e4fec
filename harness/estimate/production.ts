import type { Calibration } from './calibration.ts'

/** What the team says of production, for estimates alone; nothing is measured there. */
export interface ProductionFacts {
  /** Where production has more, or less, than the backup; by `schema.table`. */
  readonly tableSizes: Readonly<Record<string, { readonly rows: number; readonly bytes: number }>>
  /** How many times as long the same work takes there; undefined: by calibration, else unknown. */
  readonly hardwareFactor: number | undefined
  /** Bytes of write-ahead log a second that a replica can take. */
  readonly replicaBandwidth: number | undefined
  /** What `rehearse calibrate` printed here and there. */
  readonly calibration: { readonly here: Calibration; readonly production: Calibration } | undefined
}
