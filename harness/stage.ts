import { now, offsetMs } from './clock.ts'
import { environmentProblem } from './environment-problem.ts'
import { HarnessError, HarnessErrors, messageOf } from './errors.ts'
import type { Finding, StageName, StageResult, StageStatus } from './rehearsal.ts'

/** Hears what a rehearsal is doing; `detail` is a few words such as `41 %`. */
export type Observer = (event: StageEvent) => void

export type StageEvent =
  | { readonly kind: 'started'; readonly stage: StageName }
  | { readonly kind: 'progress'; readonly stage: StageName; readonly detail: string }
  | { readonly kind: 'ended'; readonly result: StageResult }
  | { readonly kind: 'note'; readonly text: string }

/** What a stage hands on: its typed facts, one line about what it did, and what it learned. */
export interface StageOutput<Facts> {
  readonly facts: Facts
  readonly summary: string
  readonly findings?: readonly Finding[]
}

/** Ends the pipeline after a stage halted or crashed; the journal already has the reason. */
export class PipelineEnded extends Error {}

/** The record of the stages that ran and of everything they learned. */
export interface Journal {
  readonly stages: StageResult[]
  readonly findings: Finding[]
  /** Runs a stage; its failure is recorded and ends the pipeline with PipelineEnded. */
  run<Facts>(name: StageName, work: (progress: Progress) => Promise<StageOutput<Facts>>): Promise<Facts>
  /** Records a stage that does not run, and why. */
  skip(name: StageName, reason: string): void
}

export type Progress = (detail: string) => void

/**
 * A journal that tells `observe` as it goes and in which every stage ends early when `signal` aborts. Stages start
 * so long after `beganAt`, epoch milliseconds. Of a stage that failed, `confirm` may find that something behind all of
 * it is gone, and abort: then that is why.
 */
export function openJournal(
  observe: Observer,
  signal: AbortSignal,
  beganAt = now(),
  confirm: () => Promise<void> = async () => {},
): Journal {
  const stages: StageResult[] = []
  const findings: Finding[] = []
  const end = (name: StageName, status: StageStatus, startedAt: number, summary: string) => {
    const result: StageResult =
      status === 'skipped'
        ? { name, status, durationMs: 0, summary }
        : {
            name,
            status,
            startedMs: offsetMs(startedAt, beganAt),
            durationMs: Math.round(now() - startedAt),
            summary,
          }
    stages.push(result)
    observe({ kind: 'ended', result })
  }
  return {
    stages,
    findings,
    skip: (name, reason) => end(name, 'skipped', 0, reason),
    run: async (name, work) => {
      const startedAt = now()
      observe({ kind: 'started', stage: name })
      try {
        const output = await unlessAborted(signal, () =>
          work((detail) => observe({ kind: 'progress', stage: name, detail })),
        )
        findings.push(...(output.findings ?? []))
        end(name, 'completed', startedAt, output.summary)
        return output.facts
      } catch (error) {
        if (!signal.aborted) await confirm()
        const problems = problemsOf(signal.aborted ? signal.reason : error)
        findings.push(...(problems ?? [crash(name, error)]).map((problem) => toFinding(name, problem)))
        end(name, problems === undefined ? 'crashed' : 'halted', startedAt, messageOf(problems?.[0] ?? error))
        throw new PipelineEnded(messageOf(error), { cause: error })
      }
    },
  }
}

/** Runs `work`'s stages until one fails; those of `names` that were not reached are recorded as skipped. */
export async function runPipeline(
  journal: Journal,
  names: readonly StageName[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof PipelineEnded)) throw error
    const reason = `not reached, as ${journal.stages.at(-1)?.name ?? 'the start'} did not complete`
    for (const name of names.slice(journal.stages.length)) journal.skip(name, reason)
  }
}

async function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function problemsOf(error: unknown): readonly HarnessError[] | undefined {
  if (error instanceof HarnessErrors) return error.problems
  const problem = error instanceof HarnessError ? error : environmentProblem(error)
  return problem && [problem]
}

function crash(stage: StageName, error: unknown): HarnessError {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new HarnessError(
    'crashed',
    `pg-rehearsal failed in ${stage}, which is a defect of its own: ${stack}`,
    {
      hint: 'Please report it with this text: https://github.com/pg-rehearsal/pg-rehearsal/issues',
      cause: error,
    },
  )
}

function toFinding(stage: StageName, problem: HarnessError): Finding {
  return {
    id: problem.code,
    severity: 'unverified',
    subject: stage,
    message: problem.message,
    remedy: problem.hint,
  }
}
