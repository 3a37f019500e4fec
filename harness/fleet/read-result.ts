import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import { createRedactor } from '../redact.ts'
import { exitCodes, type Rehearsal } from '../rehearsal.ts'
import { brief } from '../reports/fitting.ts'
import { migrationOf } from '../reports/located.ts'
import { parseSaved } from '../reports/saved.ts'
import { bySeverity } from '../reports/text.ts'
import { notVerified } from './document.ts'
import type { FleetDatabase, FleetFinding, FleetResult } from './fleet.ts'

/** What each database's folder holds, by the name of the report. */
export const reportFiles = { json: 'rehearsal.json', html: 'rehearsal.html', junit: 'junit.xml' } as const

/** How a rehearsal's process ended. */
export interface Ending {
  readonly exitCode: number | null
  readonly errors: string
  /** Why it did not end by itself. */
  readonly why: string | undefined
}

/** What is known of it whatever it left. */
export type Circumstances = Pick<FleetResult, 'startedAt' | 'durationMs' | 'attempts' | 'where'> & {
  readonly directory: string
}

/** Lines of standard error that are told. */
const toldLines = 20

/** Characters of a message that are kept; the report has the rest. */
const toldCharacters = 300

/**
 * The result that a rehearsal's reports and its exit come to. It passed only when both say so; what is wrong with
 * either is its problem.
 */
export async function readResult(
  { name }: FleetDatabase,
  ending: Ending,
  { directory, ...circumstances }: Circumstances,
): Promise<FleetResult> {
  const report = await savedReport(join(directory, name, reportFiles.json))
  const reports = await writtenReports(directory, name)
  const known = { name, exitCode: ending.exitCode, ...circumstances, reports }
  if (typeof report === 'string') return unverified(known, ending, report)
  const problem = disagreement(report, ending)
  const { verdict, summary } = report
  return {
    ...known,
    // An error that was found stays one, however the process ended.
    verdict: problem === undefined || verdict === 'failed' ? verdict : 'could-not-verify',
    summary: verdict === 'passed' && problem !== undefined ? problem : summary,
    rehearsal: report.id,
    findings: findingsOf(report),
    migrations: migrationsOf(report),
    ...(problem === undefined ? {} : { problem: withErrors(problem, ending) }),
  }
}

function unverified(
  known: Pick<
    FleetResult,
    'name' | 'exitCode' | 'startedAt' | 'durationMs' | 'attempts' | 'where' | 'reports'
  >,
  ending: Ending,
  noReport: string,
): FleetResult {
  const summary = ending.why ?? `It ended with exit code ${ending.exitCode}, and ${noReport}`
  return { ...notVerified(known.name, summary), ...known, problem: withErrors(summary, ending) }
}

function withErrors(problem: string, { errors }: Ending): string {
  const told = createRedactor().text(errors).trim().split('\n').slice(-toldLines).join('\n')
  return told === '' ? problem : `${problem}\n${told}`
}

async function savedReport(path: string): Promise<Rehearsal | string> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return 'it left no report.'
  try {
    return parseSaved(text, path)
  } catch (error) {
    return messageOf(error)
  }
}

function disagreement({ verdict }: Rehearsal, { exitCode, why }: Ending): string | undefined {
  if (why !== undefined) return why
  if (exitCode === exitCodes[verdict]) return undefined
  return `Its report says ${verdict}, yet it ended with exit code ${exitCode}.`
}

async function writtenReports(directory: string, name: string): Promise<FleetResult['reports']> {
  const written: Record<string, string> = {}
  for (const [report, file] of Object.entries(reportFiles)) {
    const isThere = await access(join(directory, name, file)).then(
      () => true,
      () => false,
    )
    if (isThere) written[report] = `${name}/${file}`
  }
  return written
}

/** Notices are left to the report. */
function findingsOf(rehearsal: Rehearsal): FleetFinding[] {
  return bySeverity(rehearsal.findings)
    .filter(({ severity }) => severity !== 'notice')
    .map((finding) => ({
      id: finding.id,
      severity: finding.severity,
      subject: finding.subject,
      message: brief(finding.message, toldCharacters),
      migration: migrationOf(rehearsal, finding) ?? null,
    }))
}

/** Up, and as far as they were executed. */
function migrationsOf({ migrations }: Rehearsal): FleetResult['migrations'] {
  return migrations
    .filter(({ direction, status }) => direction === 'up' && status !== 'not-executed')
    .map(({ name, durationMs }) => ({ name, durationMs }))
}
