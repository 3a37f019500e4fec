import { bytes } from '../reports/text.ts'
import type { Probe } from './probe.ts'

/** Whether the backup is there and whole as far as can be told without restoring it. */
export const backup: Probe = {
  name: 'backup',
  description: 'whether the backup can be read, and of which Postgres it is',
  async run({ backup: facts, backupProblem }) {
    if (backupProblem !== undefined)
      return [{ status: 'problem', text: backupProblem, remedy: 'See `rehearse inspect PATH`.' }]
    if (facts === undefined) return []
    const of = facts.serverVersion === null ? '' : ` of Postgres ${facts.serverVersion}`
    return [{ status: 'ok', text: `${facts.format} backup${of}, ${bytes(facts.bytes)}` }]
  },
}
