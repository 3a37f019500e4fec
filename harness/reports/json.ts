import type { Report } from './report.ts'

/** The rehearsal itself. */
export const json = {
  name: 'json',
  description: 'the rehearsal itself, as docs/rehearsal.schema.json describes it',
  render: (rehearsal) => `${JSON.stringify(rehearsal, undefined, 2)}\n`,
} satisfies Report
