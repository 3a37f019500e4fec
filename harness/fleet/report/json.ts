import { documentFile } from '../stored.ts'
import type { FleetReport } from './report.ts'

/** The document itself. */
export const json = {
  name: 'json',
  description: 'the whole document; schema in docs/fleet.schema.json',
  file: documentFile,
  render: (document) => `${JSON.stringify(document, undefined, 1)}\n`,
} satisfies FleetReport
