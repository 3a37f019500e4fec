const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** A row of bars from 0 to the largest value, a character each; `·` where nothing was measured, `▁` for 0 and below. */
export function sparkline(values: readonly (number | null)[]): string {
  const largest = Math.max(0, ...values.map((value) => value ?? 0))
  return values
    .map((value) => {
      if (value === null) return '·'
      const level = largest === 0 ? 0 : Math.round((Math.max(0, value) / largest) * (levels.length - 1))
      return levels[level] ?? levels[0]
    })
    .join('')
}
