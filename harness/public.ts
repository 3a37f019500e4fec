export type { Config } from './config-schema.ts'
export type { ProbeFacts } from './probe-facts.ts'
export type {
  Evidence,
  Finding,
  MigrationRun,
  Rehearsal,
  Severity,
  SpecPass,
  StageResult,
  Verdict,
} from './rehearsal.ts'
