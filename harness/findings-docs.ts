import type { Check } from './checks/check.ts'
import { checks } from './checks/index.ts'
import { copyFindings, migrationFindings, questionFindings } from './finding-ids.ts'
import type { Hazard } from './hazards/hazard.ts'
import { hazards } from './hazards/index.ts'
import { problemCodes } from './problem-codes.ts'
import { exitCodes, type Severity, type Verdict } from './rehearsal.ts'

/** The generated sections of `docs/findings.md`, by name. */
export function findingSections(): Record<string, string> {
  const problems = Object.entries(problemCodes).map(
    ([title, codes]) => `### ${title}\n\n${table(['code', 'when'], Object.entries(codes))}`,
  )
  return {
    exits: table(
      ['exit code', 'verdict', 'when'],
      [
        ...Object.entries(exitCodes).map(([verdict, code]) => [
          String(code),
          verdict,
          verdictTexts[verdict as Verdict],
        ]),
        ['130', '', 'interrupted by SIGINT (143: SIGTERM); everything that was started is removed'],
      ],
    ),
    severities: table(['severity', 'what it does to the verdict'], Object.entries(severityTexts)),
    migrations: findings(migrationFindings),
    checks: table(
      ['id', 'what it says'],
      Object.values<Pick<Check<never>, 'id' | 'description'>>(checks).map((it) => [it.id, it.description]),
    ),
    questions: findings(questionFindings),
    hazards: table(
      ['id', 'when'],
      Object.values<Hazard>(hazards).map(({ id, condition }) => [`[${id}](hazards.md#${id})`, condition]),
    ),
    copy: findings(copyFindings),
    problems: problems.join('\n\n'),
  }
}

const verdictTexts: Record<Verdict, string> = {
  passed: 'every stage completed, and nothing is an error or unverified',
  failed: 'at least one finding is an error',
  'could-not-verify':
    'no error, but something that had to be verified was not; or the command could not be carried out',
}

const severityTexts: Record<Severity, string> = {
  error: 'failed',
  unverified: 'could not verify, unless something failed',
  warning: 'unchanged: works here, may hurt in production',
  notice: 'unchanged: worth knowing',
}

function findings(known: Readonly<Record<string, { severity: string; meaning: string }>>): string {
  return table(
    ['id', 'severity', 'what it says'],
    Object.entries(known).map(([id, { severity, meaning }]) => [id, severity, meaning]),
  )
}

/** The first column is code, unless it is a link. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const body = rows.map(([first = '', ...rest]) =>
    line([
      first.startsWith('[') ? first : `\`${first}\``,
      ...rest.map((cell) => cell.replaceAll('|', '\\|')),
    ]),
  )
  return [line(heads), line(heads.map(() => '---')), ...body].join('\n')
}
