import { layerVariable } from '../config-layer.ts'
import { HarnessError, HarnessErrors } from '../errors.ts'
import { createRedactor, type Redactor } from '../redact.ts'

/** What an action works with. */
export interface Acting {
  /** Everything printed goes through it. */
  readonly redactor: Redactor
  /**
   * Aborts on the first SIGINT or SIGTERM, with a HarnessError as its reason. Taken before anything is started;
   * an action that never asks for it is ended by a signal at once.
   */
  readonly signal: AbortSignal
}

/** Runs the action of a command: resolves whatever happens, and sets the exit code. An error is printed and exits with 2. */
export async function act(action: (acting: Acting) => Promise<number | void>): Promise<void> {
  const redactor = createRedactor()
  let watch: SignalWatch | undefined
  const acting = {
    redactor,
    get signal() {
      watch ??= watchSignals()
      return watch.signal
    },
  }
  try {
    const code = await action(acting)
    process.exitCode = watch?.exitCode() ?? code ?? 0
  } catch (error) {
    console.error(redactor.text(describe(error)))
    process.exitCode = watch?.exitCode() ?? 2
  }
}

interface SignalWatch {
  readonly signal: AbortSignal
  readonly exitCode: () => number | undefined
}

/** The first signal ends the work in order; a second one ends the program at once. */
function watchSignals(): SignalWatch {
  const controller = new AbortController()
  let exitCode: number | undefined
  const on = (name: 'SIGINT' | 'SIGTERM', code: number) =>
    process.on(name, () => {
      if (exitCode !== undefined) process.exit(code)
      exitCode = code
      console.error(`\n${name}: removing everything that was started (again to leave at once)`)
      controller.abort(
        new HarnessError('interrupted', `Interrupted by ${name} before everything was verified.`, {
          hint: 'Run it again; nothing was left behind.',
        }),
      )
    })
  on('SIGINT', 130)
  on('SIGTERM', 143)
  endWithFleet()
  return { signal: controller.signal, exitCode: () => exitCode }
}

/** Who rehearses a fleet may be killed and then tells its rehearsals nothing; they see their channel to it close. */
function endWithFleet(): void {
  if (process.env[layerVariable] === undefined || process.channel === undefined) return
  // What it would have read goes nowhere then, which is no reason to stop removing things.
  process.stderr.on('error', () => {})
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}

function describe(error: unknown): string {
  if (error instanceof HarnessErrors) return error.problems.map(describe).join('\n')
  if (error instanceof HarnessError) return `${error.message}\n→ ${error.hint}`
  return `pg-rehearsal failed, which is a defect of its own: ${error instanceof Error ? error.stack : String(error)}`
}
