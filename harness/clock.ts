/**
 * Epoch milliseconds with fractions, which never go back while a process lives. The migrator's child and the tap
 * read the same clock, so that what they saw can be laid on one axis.
 */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** How long after `beganAt` something happened, in tenths of milliseconds; both epoch milliseconds. */
export function offsetMs(at: number, beganAt: number): number {
  return Math.max(0, Math.round((at - beganAt) * 10) / 10)
}
