import { join } from 'node:path'
import type { FleetDocument } from '../../fleet/document.ts'
import { fleetFiles } from '../../fleet/report/index.ts'
import { writeReport } from '../write-report.ts'

/** Writes every report over the fleet into its directory. Throws HarnessError `report-not-written`. */
export async function writeFleetReports(directory: string, document: FleetDocument): Promise<void> {
  for (const { file, render } of fleetFiles) await writeReport(join(directory, file), render(document))
}
