import { html } from './html.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import type { FleetReport } from './report.ts'
import { terminal } from './terminal.ts'

/** Every report over a fleet, by name. Add one by registering it here. */
export const fleetReports = { html, json, junit, markdown, terminal } satisfies Record<string, FleetReport>

/** Those that are written into the fleet's directory, beside the document. */
export const fleetFiles = [fleetReports.json, fleetReports.html, fleetReports.junit, fleetReports.markdown]
