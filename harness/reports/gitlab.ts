import type { Severity } from '../rehearsal.ts'
import { fileOf, fingerprints } from './located.ts'
import type { Report } from './report.ts'
import { bySeverity } from './text.ts'

/**
 * GitLab's code quality report. Each entry needs a path: a finding about no migration file has its subject under
 * `rehearsal/`. https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
 */
export const gitlab = {
  name: 'gitlab',
  description: 'code quality JSON for GitLab merge requests',
  render: (rehearsal) => {
    const findings = bySeverity(rehearsal.findings)
    const digests = fingerprints(findings)
    const entries = findings.map((finding, index) => ({
      description: `${finding.subject}: ${finding.message}`,
      check_name: finding.id,
      fingerprint: digests[index],
      severity: severities[finding.severity],
      location: {
        path: fileOf(rehearsal, finding) ?? `rehearsal/${finding.subject}`,
        lines: { begin: 1 },
      },
    }))
    return `${JSON.stringify(entries, undefined, 2)}\n`
  },
} satisfies Report

const severities: Record<Severity, 'critical' | 'major' | 'minor' | 'info'> = {
  error: 'critical',
  unverified: 'major',
  warning: 'minor',
  notice: 'info',
}
