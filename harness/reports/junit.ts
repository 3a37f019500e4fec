import type { Finding, MigrationRun, Rehearsal, SpecPass, StageResult } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { faultTitles, isBad, outcomeText, worstFirst } from './crash-text.ts'
import { migrationOf } from './located.ts'
import type { Report } from './report.ts'
import { bySeverity, count } from './text.ts'
import { element, testsuites, type Case, type Outcome, type Suite } from './junit-xml.ts'

/**
 * JUnit XML as Jenkins, GitLab and GitHub viewers read it. An error is a failure; what could not be verified is
 * an error; what was not executed is skipped. The first test is the verdict, so the file is never greener than that.
 */
export const junit = {
  name: 'junit',
  description:
    'JUnit XML: verdict, stages, migrations up and down, specs, deaths of the migrator and other findings as tests',
  render: (rehearsal) =>
    testsuites('pg-rehearsal', rehearsal.durationMs, [
      { name: 'verdict', cases: [verdictCase(rehearsal)] },
      { name: 'stages', cases: rehearsal.stages.map(stageCase) },
      { name: 'migrations', cases: rehearsal.migrations.map((run) => migrationCase(rehearsal, run)) },
      ...rehearsal.specs.map(specSuite),
      { name: 'crashes', cases: crashCases(rehearsal) },
      { name: 'findings', cases: otherFindings(rehearsal).map(findingCase) },
    ]),
} satisfies Report

function verdictCase({ verdict, summary, durationMs }: Rehearsal): Case {
  const outcome: Record<typeof verdict, Outcome[]> = {
    passed: [],
    failed: [element('failure', 'failed', summary, summary)],
    'could-not-verify': [element('error', 'could-not-verify', summary, summary)],
  }
  return { name: 'rehearsal', durationMs, outcome: outcome[verdict] }
}

function stageCase({ name, status, durationMs, summary }: StageResult): Case {
  if (status === 'completed') return { name, durationMs, outcome: [], output: summary }
  const tag = status === 'skipped' ? 'skipped' : 'error'
  return { name, durationMs, outcome: [element(tag, status, summary, summary)] }
}

function migrationCase(rehearsal: Rehearsal, run: MigrationRun): Case {
  const { name, direction, status, durationMs, statements } = run
  const own = bySeverity(rehearsal.findings).filter((finding) => belongs(rehearsal, finding, run))
  const problems = own.flatMap(problemOf)
  const words = `The migration is ${status.replace('-', ' ')}.`
  const unexplained: Record<MigrationRun['status'], Outcome[]> = {
    success: [],
    error: [element('failure', 'error', words, words)],
    undone: [element('failure', 'undone', words, words)],
    'not-executed': [element('skipped', 'not-executed', words, words)],
  }
  const outcome = problems.length > 0 ? problems : unexplained[status]
  return { name: `${name} ${direction}`, durationMs, outcome, output: count(statements, 'statement') }
}

/** A test for each death that cannot be recovered from; one for all that can. */
function crashCases({ crashes }: Rehearsal): Case[] {
  if (crashes.length === 0) return []
  const bad = worstFirst(crashes.filter(isBad))
  const fine = crashes.filter((crash) => !isBad(crash))
  const sum = fine.reduce((total, { durationMs }) => total + durationMs, 0)
  return [
    ...(fine.length === 0
      ? []
      : [
          {
            name: `${count(fine.length, 'death')} recovered from of ${crashes.length}`,
            durationMs: sum,
            outcome: [],
          },
        ]),
    ...bad.map((crash): Case => {
      const { migration, statement, fault, text, debris, details, durationMs } = crash
      const told = [text, ...debris.map((line) => `left: ${line}`), ...details].join('\n')
      return {
        name: `${migration ?? 'the migrator'}, statement ${statement}: ${faultTitles[fault]}`,
        durationMs,
        outcome: [element('failure', 'crash-not-recovered', outcomeText(crash), told)],
      }
    }),
  ]
}

/** A finding that says no direction is told with the first run of its migration. */
function belongs(rehearsal: Rehearsal, finding: Finding, run: MigrationRun): boolean {
  if (migrationOf(rehearsal, finding) !== run.name) return false
  const direction = finding.evidence?.direction
  const first = rehearsal.migrations.find(
    (it) => it.name === run.name && (direction === undefined || it.direction === direction),
  )
  return first === run
}

/** Passed specs have no names in the document, so they are one test. */
function specSuite({ phase, passed, failed, pending, failures, durationMs }: SpecPass): Suite {
  const none = `Not one spec was executed on the ${phase} database.`
  const sum: Case[] =
    passed + failed === 0
      ? [{ name: 'specs executed', durationMs, outcome: [element('error', 'no-specs-executed', none, none)] }]
      : passed === 0
        ? []
        : [{ name: `${count(passed, 'spec')} passed of ${passed + failed}`, durationMs, outcome: [] }]
  const skipped = count(pending, 'spec')
  return {
    name: `specs on the ${phase} database`,
    cases: [
      ...sum,
      ...failures.map(({ title, message }) => ({
        name: title,
        durationMs: 0,
        outcome: [element('failure', 'spec-failed', message.split('\n')[0] ?? '', message)],
      })),
      ...(pending === 0
        ? []
        : [
            {
              name: `${skipped} skipped`,
              durationMs: 0,
              outcome: [element('skipped', 'pending', skipped, skipped)],
            },
          ]),
    ],
  }
}

/** What no migration's or spec's test tells already. */
function otherFindings(rehearsal: Rehearsal): Finding[] {
  const failures = new Set(rehearsal.specs.flatMap((pass) => pass.failures.map(({ title }) => title)))
  return bySeverity(rehearsal.findings).filter(
    (finding) =>
      !(finding.id === 'spec-failed' && failures.has(finding.subject)) &&
      !rehearsal.migrations.some((run) => belongs(rehearsal, finding, run)),
  )
}

function findingCase(finding: Finding): Case {
  const output = `${finding.severity}: ${textOf(finding)}`
  return { name: `${finding.id}: ${finding.subject}`, durationMs: 0, outcome: problemOf(finding), output }
}

function problemOf(finding: Finding): Outcome[] {
  const { severity, id, subject, message } = finding
  if (severity !== 'error' && severity !== 'unverified') return []
  return [element(severity === 'error' ? 'failure' : 'error', id, `${subject}: ${message}`, textOf(finding))]
}

function textOf({ subject, message, remedy, evidence }: Finding): string {
  return [
    `${subject}: ${message}`,
    ...(evidence?.statement === undefined ? [] : [renderCaret(evidence.statement)]),
    ...(evidence?.details ?? []),
    ...(remedy === undefined ? [] : [`→ ${remedy}`]),
  ].join('\n')
}
