import type { Setting } from './setting.ts'

/** What keeps the rehearsal of a large database within bounds; part of `settings`. */
export const scaleSettings = [
  {
    key: 'sampleAbove',
    flag: '--sample-above <size>',
    variable: 'REHEARSAL_SAMPLE_ABOVE',
    description:
      'compare tables that take more by a sample of their rows of about this size, chosen by their key; all rows are counted',
    defaultText: 'every row of every table',
    example: '100GB',
  },
] as const satisfies readonly Setting[]
