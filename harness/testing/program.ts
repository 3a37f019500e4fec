import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'
import { engines, type EngineName } from '../engines/index.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { openRun } from '../runs/open-run.ts'

/** What the program did, as its caller sees it. */
export interface ProgramResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** The JSON report; undefined when none was written. */
  readonly rehearsal: Rehearsal | undefined
}

let runs = 0

/** Runs `rehearse run` as a child process and reads its JSON report. */
export async function runProgram(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<ProgramResult> {
  const report = join(tmpdir(), `rehearsal-test-${process.pid}-${(runs += 1)}.json`)
  const result = await startProgram(['run', '--report', `json=${report}`, ...args], { cwd, env })
  const text = await readFile(report, 'utf8').catch(() => undefined)
  await rm(report, { force: true })
  const { exitCode = -1, stdout, stderr } = result
  return { exitCode, stdout, stderr, rehearsal: text === undefined ? undefined : JSON.parse(text) }
}

/** Starts the program from its sources, as `npm run rehearse` does. */
export function startProgram(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
) {
  return execa(process.execPath, [packageFile('harness/cli.ts'), ...args], {
    cwd,
    // What tests rehearse is no history of the project, nor are budgets judged by it.
    env: { NO_COLOR: '1', REHEARSAL_HISTORY: 'off', ...env },
    stdin: 'ignore',
    reject: false,
    // It then says where it stood, which a test that merely times out cannot.
    timeout: 200_000,
    killSignal: 'SIGINT',
  })
}

/** Why an engine with Postgres `major` cannot be had here; undefined when it can. */
export async function missingEngine(engine: EngineName, major = 17): Promise<string | undefined> {
  const run = await openRun()
  try {
    const answer = await engines[engine].probe({ major, image: undefined, serverUrl: undefined, run })
    return answer.available ? undefined : answer.reason
  } finally {
    await run.dispose()
  }
}

/** Skips the tests of a suite, with the reason, where the engine cannot be had. */
export async function engineOrSkip(engine: EngineName, suite: Mocha.Context): Promise<void> {
  const reason = await missingEngine(engine)
  if (reason === undefined) return
  console.log(`    skipped: ${reason}`)
  suite.skip()
}
