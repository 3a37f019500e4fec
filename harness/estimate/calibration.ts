/** Speed of one server at work that migrations consist of; medians of three. */
export interface Calibration {
  /** Sequential scan of a temporary table in memory. */
  readonly scanRowsPerS: number
  readonly sortRowsPerS: number
  /** Null where only a temporary table was allowed. */
  readonly walBytesPerS: number | null
  /** Of a commit that waits for the disk as the server is set. */
  readonly commitMs: number | null
}

/** From how much to how much longer work takes on `production` than `here`: the extremes of the measures both have. Pure. */
export function hardwareRatio(here: Calibration, production: Calibration): { low: number; high: number } {
  const speeds = (['scanRowsPerS', 'sortRowsPerS', 'walBytesPerS'] as const).flatMap((measure) => {
    const [one, other] = [here[measure], production[measure]]
    return one === null || other === null || one <= 0 || other <= 0 ? [] : [one / other]
  })
  const [low, high] = [Math.min(...speeds), Math.max(...speeds)]
  if (here.commitMs === null || production.commitMs === null || here.commitMs <= 0) return { low, high }
  // A commit is a small part of a migration's work: a disk ten times slower does not make a scan ten times slower.
  return { low, high: Math.max(high, Math.min(high * 2, production.commitMs / here.commitMs)) }
}
