/** Epoch milliseconds with fractions, as the trace has them; a step of the system's clock does not show. */
export const now = (): number => performance.timeOrigin + performance.now()
