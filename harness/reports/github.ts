import type { Finding, Rehearsal, Severity, Verdict } from '../rehearsal.ts'
import { fileOf } from './located.ts'
import type { Report } from './report.ts'
import { bySeverity, verdictTitles } from './text.ts'

type Command = 'error' | 'warning' | 'notice'

/**
 * GitHub's workflow commands, to be printed in a job: the verdict and each finding become annotations, worst first
 * as GitHub shows ten of a kind. For the step summary write `markdown` to `$GITHUB_STEP_SUMMARY`.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export const github = {
  name: 'github',
  description: 'annotations for a GitHub job: print it with `github=-`',
  render: (rehearsal) => {
    const { verdict, summary, findings } = rehearsal
    return [
      command(
        verdictCommands[verdict],
        { title: `Rehearsal: ${verdictTitles[verdict].toLowerCase()}` },
        summary,
      ),
      ...bySeverity(findings).map((finding) => annotation(rehearsal, finding)),
      '',
    ].join('\n')
  },
} satisfies Report

const verdictCommands: Record<Verdict, Command> = {
  passed: 'notice',
  failed: 'error',
  'could-not-verify': 'error',
}

const severityCommands: Record<Severity, Command> = {
  error: 'error',
  unverified: 'error',
  warning: 'warning',
  notice: 'notice',
}

/** What GitHub keeps of one message; measured in bytes there, so half as many characters. */
const messageMax = 2_000

function annotation(rehearsal: Rehearsal, finding: Finding): string {
  const { severity, id, subject, message, remedy } = finding
  const file = fileOf(rehearsal, finding)
  const properties = { ...(file === undefined ? {} : { file, line: '1' }), title: `${id}: ${subject}` }
  const text =
    message.slice(0, messageMax) + (remedy === undefined ? '' : `\n→ ${remedy.slice(0, messageMax)}`)
  return command(severityCommands[severity], properties, text)
}

function command(name: Command, properties: Readonly<Record<string, string>>, text: string): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
  return `::${name} ${pairs.join(',')}::${escapeData(text)}`
}

/** Without this a message could start a command of its own on the next line. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
