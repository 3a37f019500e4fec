import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startGroup, type Group } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import { gateVariable } from './gate-variable.ts'

/** What one pass of mocha came to. */
export interface MochaResult {
  /** `finished`: mocha wrote its result; else it crashed (a spec file could not be loaded) or took too long. */
  readonly end: 'finished' | 'crashed' | 'timed-out'
  readonly exit: string
  readonly durationMs: number
  readonly passes: readonly MochaTest[]
  readonly failures: readonly MochaTest[]
  readonly pending: readonly MochaTest[]
  /** The last 64 KiB that mocha and the specs printed. */
  readonly output: string
}

export interface MochaTest {
  readonly title: string
  readonly file: string
  readonly durationMs: number
  /** Of a failure. */
  readonly message: string
}

export interface MochaOptions {
  readonly cwd: string
  readonly files: readonly string[]
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Modules that the child loads before anything else, as file URLs. */
  readonly preload: readonly string[]
  readonly timeoutMs: number
  readonly run: Run
  /** Meanwhile mocha loads itself, and nothing of the specs; when it rejects, so does the run. */
  readonly until?: Promise<unknown> | undefined
}

/**
 * Runs spec files in a mocha of their own process: mocha leaves every later run in one process with zero
 * tests. The app's mocha is used where it has one, else ours. Never throws for what specs do.
 */
export async function runMocha(options: MochaOptions): Promise<MochaResult> {
  const name = `mocha-${Date.now()}-${Math.round(performance.now())}`
  const resultFile = join(options.run.directory, `${name}.json`)
  const gate = join(options.run.directory, `${name}.open`)
  // Mocha takes a list of modules, with commas between them.
  const isHeld = options.until !== undefined && !gateScript.includes(',')
  if (!isHeld) await options.until
  const group = startGroup(process.execPath, mochaArguments(options, { resultFile, isHeld }), {
    ...options,
    environment: isHeld ? { ...options.environment, [gateVariable]: gate } : options.environment,
  })
  try {
    if (isHeld) await options.until
  } catch (error) {
    await group.end()
    throw error
  }
  const startedAt = performance.now()
  if (isHeld) await writeFile(gate, '')
  const timedOut = await endedWithin(group, options.timeoutMs)
  await group.end()
  const exit = group.exit() ?? 'unknown'
  const base = { exit, durationMs: Math.round(performance.now() - startedAt), output: group.output() }
  const tests = timedOut ? undefined : await readResult(resultFile)
  if (tests !== undefined) return { end: 'finished', ...base, ...tests }
  return { end: timedOut ? 'timed-out' : 'crashed', ...base, passes: [], failures: [], pending: [] }
}

const gateScript = fileURLToPath(new URL(`./gate${extname(import.meta.url)}`, import.meta.url))

function mochaArguments(
  { cwd, preload, arguments: given, files }: MochaOptions,
  { resultFile, isHeld }: { resultFile: string; isHeld: boolean },
): string[] {
  return [
    ...preload.flatMap((url) => ['--import', url]),
    mochaBinary(cwd),
    '--no-config',
    '--no-package',
    '--exit',
    // A forgotten `.only` would leave out every other spec and still be green.
    '--forbid-only',
    '--reporter=json',
    `--reporter-option=output=${resultFile}`,
    // Before what the team requires.
    ...(isHeld ? ['--require', gateScript] : []),
    ...given,
    ...files,
  ]
}

async function endedWithin(group: Group, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController()
  const timeout = sleep(timeoutMs, true, { signal: timer.signal }).catch(() => false)
  const timedOut = await Promise.race([group.ended.then(() => false), timeout])
  timer.abort()
  return timedOut
}

function mochaBinary(cwd: string): string {
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve('mocha/package.json')), 'bin', 'mocha.js')
    } catch {
      continue
    }
  }
  throw new Error('mocha is a dependency of pg-rehearsal, yet it is not installed')
}

async function readResult(
  path: string,
): Promise<Pick<MochaResult, 'passes' | 'failures' | 'pending'> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text === '') return undefined
  const json: { passes: RawTest[]; failures: RawTest[]; pending: RawTest[] } = JSON.parse(text)
  return {
    passes: json.passes.map(toTest),
    failures: json.failures.map(toTest),
    pending: json.pending.map(toTest),
  }
}

interface RawTest {
  readonly fullTitle: string
  readonly file?: string
  readonly duration?: number
  readonly err?: { readonly message?: string; readonly stack?: string }
}

function toTest(raw: RawTest): MochaTest {
  return {
    title: raw.fullTitle,
    file: raw.file ?? '',
    durationMs: raw.duration ?? 0,
    message: raw.err?.message ?? raw.err?.stack ?? '',
  }
}
