import { element, testsuites, type Case, type Outcome } from '../../reports/junit-xml.ts'
import type { FleetDocument } from '../document.ts'
import type { FleetResult } from '../fleet.ts'
import type { FleetReport } from './report.ts'
import { outlierText, repeatText } from './text.ts'

/**
 * JUnit XML: a test for each database, and first of all one for the verdict over all, so that the file is never greener
 * than that. What was not rehearsed is skipped; what has no result is an error.
 */
export const junit = {
  name: 'junit',
  description: 'JUnit XML: the verdict over all and each database as a test',
  file: 'fleet.junit.xml',
  render: (document) =>
    testsuites('pg-rehearsal fleet', document.durationMs, [
      { name: 'verdict', cases: [verdictCase(document)] },
      { name: 'databases', cases: document.results.map(databaseCase) },
    ]),
} satisfies FleetReport

function verdictCase({ verdict, summary, durationMs, outliers, repeats }: FleetDocument): Case {
  const outcome: Record<typeof verdict, Outcome[]> = {
    passed: [],
    failed: [element('failure', 'failed', summary, summary)],
    'could-not-verify': [element('error', 'could-not-verify', summary, summary)],
  }
  const told = [...outliers.map(outlierText), ...repeats.map(repeatText)].join('\n')
  return {
    name: 'fleet',
    durationMs,
    outcome: outcome[verdict],
    ...(told === '' ? {} : { output: told }),
  }
}

function databaseCase(result: FleetResult): Case {
  const { name, durationMs, verdict, summary, notRun, where } = result
  if (verdict === 'passed') return { name, durationMs, outcome: [], output: `${summary} On ${where}.` }
  const tag =
    verdict === 'failed' ? 'failure' : notRun === undefined || notRun === 'missing' ? 'error' : 'skipped'
  return { name, durationMs, outcome: [element(tag, notRun ?? verdict, summary, textOf(result))] }
}

function textOf({ summary, findings, problem, reports, where }: FleetResult): string {
  return [
    summary,
    ...(problem === undefined || problem === summary ? [] : [problem]),
    ...findings.map(({ severity, id, subject, message }) => `${severity} ${id}: ${subject}: ${message}`),
    ...(where === null ? [] : [`rehearsed on ${where}`]),
    ...Object.values(reports).map((path) => `report: ${path}`),
  ].join('\n')
}
