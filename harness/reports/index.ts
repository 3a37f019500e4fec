import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { html } from './html.ts'
import { json } from './json.ts'
import { junit } from './junit.ts'
import { markdown } from './markdown.ts'
import type { Report } from './report.ts'
import { sarif } from './sarif.ts'
import { terminal } from './terminal.ts'

/** Every report, by the name `--report` takes. Add one by registering it here. */
export const reports = {
  github,
  gitlab,
  html,
  json,
  junit,
  markdown,
  sarif,
  terminal,
} satisfies Record<string, Report>

export type ReportName = keyof typeof reports

export const reportNames = Object.keys(reports) as readonly ReportName[]

export function isReportName(name: string): name is ReportName {
  return Object.hasOwn(reports, name)
}
