import { readFile } from 'node:fs/promises'
import type { BackupFacts } from '../backups/backup-format.ts'
import type { Server } from '../engines/engine.ts'
import { HarnessError, messageOf } from '../errors.ts'
import type { Plan } from '../plan.ts'
import type { Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import { applySettings } from '../server-settings/apply.ts'

/** Production's `postgresql.conf`, or an excerpt of it. */
export interface Configuration {
  readonly text: string
  /** Where it is from, for people. */
  readonly source: string
}

/**
 * The file that the plan names, else the one that lies in a base backup, else what the manifest of `rehearse backup`
 * has. Throws HarnessError when it cannot be read.
 */
export async function readConfiguration(
  { postgresqlConf }: Plan,
  facts: BackupFacts | undefined,
): Promise<Configuration | null> {
  if (postgresqlConf === undefined) {
    const text = facts?.physical?.configuration ?? null
    if (text !== null) return { text, source: 'postgresql.conf in the base backup' }
    const settings = facts?.manifest?.settings ?? []
    return settings.length === 0 ? null : { text: linesOf(settings), source: "the backup's manifest" }
  }
  const text = await readFile(postgresqlConf, 'utf8').catch((cause: unknown) => {
    throw new HarnessError('no-postgresql-conf', `${postgresqlConf} cannot be read: ${messageOf(cause)}`, {
      hint: 'Give the path of a copy of production’s postgresql.conf: --postgresql-conf PATH.',
      cause,
    })
  })
  return { text, source: postgresqlConf }
}

/** As a configuration file has them; a quote within a value is doubled. */
function linesOf(settings: NonNullable<BackupFacts['manifest']>['settings']): string {
  return settings.map(({ name, value }) => `${name} = '${value.replaceAll("'", "''")}'`).join('\n')
}

/** Puts the server under production's settings for all that is measured; says which it could not take over. */
export async function useConfiguration(
  server: Server,
  configuration: Configuration | null,
): Promise<{ readonly summary: string; readonly findings: readonly Finding[] }> {
  if (configuration === null) return { summary: '', findings: [] }
  const { text, source } = configuration
  if (!server.owned) return { summary: '', findings: [notOurs(source)] }
  const { applied, leftOut } = await applySettings(server, text)
  return {
    summary: `, ${count(applied.length, 'setting')} of production’s`,
    findings: leftOut.length === 0 ? [] : [partly(source, applied, leftOut)],
  }
}

function partly(source: string, applied: readonly string[], leftOut: readonly string[]): Finding {
  return {
    id: 'settings-left-out',
    severity: 'notice',
    subject: source,
    message: `${count(applied.length, 'setting')} of production’s ${applied.length === 1 ? 'is' : 'are'} in force for what is measured; ${leftOut.length} could not be or must not be taken over.`,
    evidence: {
      details: [...leftOut.map((line) => `left out: ${line}`), ...applied.map((line) => `in force: ${line}`)],
    },
  }
}

function notOurs(source: string): Finding {
  return {
    id: 'settings-left-out',
    severity: 'warning',
    subject: source,
    message:
      'Production’s settings were not taken over, as the server is not the tool’s own: times are those of its own settings.',
    remedy: 'Set up that server as production is, or use --engine docker or embedded.',
  }
}
