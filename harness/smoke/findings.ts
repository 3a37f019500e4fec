import { relative } from 'node:path'
import type { Finding, SpecPass } from '../rehearsal.ts'
import type { MochaResult } from './mocha.ts'

/** One pass of specs as the rehearsal records it. */
export function toSpecPass(result: MochaResult, phase: SpecPass['phase']): SpecPass {
  return {
    phase,
    passed: result.passes.length,
    failed: result.failures.length,
    pending: result.pending.length,
    durationMs: result.durationMs,
    failures: result.failures.map(({ title, message }) => ({ title, message })),
    passes: result.passes.slice(0, passesAtMost).map(({ title, durationMs }) => ({ title, durationMs })),
  }
}

const passesAtMost = 500

/**
 * What a pass of specs gives rise to: each failed spec, specs that crashed or timed out, and, as
 * `unverified`, a pass or a file in which nothing was executed.
 */
export function specFindings(
  result: MochaResult,
  context: { phase: SpecPass['phase']; files: readonly string[]; cwd: string; timeoutMs: number },
): Finding[] {
  const { phase } = context
  if (result.end === 'timed-out') {
    return [
      {
        id: 'specs-timed-out',
        severity: 'error',
        subject: phase,
        message: `The smoke specs did not end within ${context.timeoutMs / 1000} s and were ended.`,
        remedy: 'Look for a spec that waits for ever, or raise `specTimeout`.',
        evidence: { details: tail(result.output) },
      },
    ]
  }
  if (result.end === 'crashed') return [crashed(result, phase)]
  const executed = result.passes.length + result.failures.length
  if (executed === 0) return [nothingExecuted(phase, result.pending.length)]
  const failed = result.failures.map((test): Finding => failedSpec(test, phase, context.cwd))
  return [...failed, ...emptyFiles(result, context)]
}

function failedSpec(test: MochaResult['failures'][number], phase: string, cwd: string): Finding {
  return {
    id: 'spec-failed',
    severity: 'error',
    subject: test.title,
    message: `On the ${phase} database: ${test.message}`,
    remedy:
      'The app does not work on this schema as its smoke specs say it must; mend the migration, the app or the spec.',
    evidence: { details: [relative(cwd, test.file)] },
  }
}

function crashed(result: MochaResult, phase: string): Finding {
  return {
    id: 'specs-crashed',
    severity: 'error',
    subject: phase,
    message: `Mocha ended with ${result.exit} before it had a result; a spec file may not load.`,
    remedy: 'Run mocha on the specs by hand with DATABASE_URL set; its output is below.',
    evidence: { details: tail(result.output) },
  }
}

function nothingExecuted(phase: string, pending: number): Finding {
  const skipped = pending === 0 ? '' : ` (${pending} were skipped)`
  return {
    id: 'no-specs-executed',
    severity: 'unverified',
    subject: phase,
    message: `Not one smoke spec was executed on the ${phase} database${skipped}, so nothing is known about the app.`,
    remedy: 'Add a spec that exercises the app, or correct `specs`.',
  }
}

function emptyFiles(
  result: MochaResult,
  { files, cwd, phase }: { files: readonly string[]; cwd: string; phase: string },
): Finding[] {
  const declared = new Set([...result.passes, ...result.failures, ...result.pending].map((test) => test.file))
  return files
    .filter((file) => !declared.has(file))
    .map((file) => ({
      id: 'no-specs-executed',
      severity: 'unverified',
      subject: relative(cwd, file),
      message: `The spec file holds no test on the ${phase} database, so what it was meant to check is not known.`,
      remedy:
        'Add a test to it, skip one with `this.skip()` and its reason, or leave the file out of `specs`.',
    }))
}

function tail(output: string): string[] {
  return output.trim().split('\n').slice(-25)
}
