import { clientStallMs, observedStatements } from './client-stall.ts'
import type { Finding, MigrationRun, Rehearsal, SpecPass, StageName } from './rehearsal.ts'

/** What is kept of a rehearsal over time: what it came to in figures, a few kilobytes, none of its evidence. */
export interface RehearsalRecord extends Pick<
  Rehearsal,
  'id' | 'startedAt' | 'durationMs' | 'verdict' | 'summary' | 'pending'
> {
  readonly recordVersion: 1
  /** Which project it was of, where several share a history. */
  readonly project: string
  readonly toolVersion: string
  readonly engine: { readonly name: string; readonly serverVersion: string } | null
  readonly backup: {
    readonly path: string
    readonly sha256: string
    readonly bytes: number
    /** ISO 8601, UTC. */
    readonly madeAt: string
  } | null
  /** Of the backup, when the rehearsal began; null without a backup. */
  readonly backupAgeMs: number | null
  /** The stage `restore`, with vacuum and the copy it keeps; null unless it completed. */
  readonly restoreMs: number | null
  /** By how much all migrations together made the database larger; negative when smaller. */
  readonly growthBytes: number | null
  /** Those that ran, in order, 500 at most. */
  readonly migrations: readonly MigrationRecord[]
  readonly specs: readonly Pick<SpecPass, 'phase' | 'passed' | 'failed' | 'pending' | 'durationMs'>[]
  /** The first 50, worst first as in reports, without evidence. */
  readonly findings: readonly Pick<Finding, 'id' | 'severity' | 'subject' | 'message'>[]
}

export interface MigrationRecord extends Pick<MigrationRun, 'name' | 'direction' | 'status' | 'durationMs'> {
  /** How long clients would have waited; null when nobody looked. */
  readonly stallMs: number | null
  readonly walBytes: number | null
}

const migrationsAtMost = 500
const findingsAtMost = 50
const charactersAtMost = 500

/** What a history keeps of `rehearsal`, and what budgets and plans are made of. Pure. */
export function recordOf(rehearsal: Rehearsal, project: string): RehearsalRecord {
  const { id, startedAt, durationMs, verdict, summary, pending, engine, backup, databaseSize } = rehearsal
  return {
    recordVersion: 1,
    project,
    id,
    startedAt,
    durationMs,
    verdict,
    summary: summary.slice(0, charactersAtMost),
    pending: pending?.slice(0, migrationsAtMost) ?? null,
    toolVersion: rehearsal.tool.version,
    engine: engine && { name: engine.name, serverVersion: engine.serverVersion },
    backup: backup && {
      path: backup.path,
      sha256: backup.sha256,
      bytes: backup.bytes,
      madeAt: backup.madeAt,
    },
    backupAgeMs: backup && Math.max(0, Date.parse(startedAt) - Date.parse(backup.madeAt)),
    restoreMs: completedMs(rehearsal, 'restore'),
    growthBytes: databaseSize && databaseSize.migratedBytes - databaseSize.restoredBytes,
    migrations: rehearsal.migrations
      .filter(({ status }) => status !== 'not-executed')
      .slice(0, migrationsAtMost)
      .map((run) => migrationRecord(rehearsal, run)),
    specs: rehearsal.specs.map(({ phase, passed, failed, pending, durationMs }) => ({
      phase,
      passed,
      failed,
      pending,
      durationMs,
    })),
    findings: worst(rehearsal.findings).map(({ id, severity, subject, message }) => ({
      id,
      severity,
      subject: subject.slice(0, charactersAtMost),
      message: message.slice(0, charactersAtMost),
    })),
  }
}

/** Earlier rehearsals that figures may be compared with: on the same engine, whose speed is another's not. */
export function comparable(
  past: readonly RehearsalRecord[],
  { id, engine }: Pick<RehearsalRecord, 'id' | 'engine'>,
): RehearsalRecord[] {
  return past.filter((it) => it.id !== id && it.engine !== null && it.engine.name === engine?.name)
}

function migrationRecord(rehearsal: Rehearsal, run: MigrationRun): MigrationRecord {
  const { name, direction, status, durationMs } = run
  const statements = observedStatements(rehearsal, run)
  return {
    name,
    direction,
    status,
    durationMs,
    stallMs: clientStallMs(rehearsal, run),
    walBytes: statements && statements.reduce((sum, { walBytes }) => sum + walBytes, 0),
  }
}

function completedMs({ stages }: Rehearsal, name: StageName): number | null {
  return stages.find((it) => it.name === name && it.status === 'completed')?.durationMs ?? null
}

function worst(findings: readonly Finding[]): Finding[] {
  const order = ['error', 'unverified', 'warning', 'notice']
  return findings
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .slice(0, findingsAtMost)
}
