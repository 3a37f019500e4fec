import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError, messageOf } from '../errors.ts'
import type { AppPlan } from '../plan.ts'
import { startGroup, type Group } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import { freePort } from '../runs/free-port.ts'

/** The app under test, running and ready. */
/** Where an app is going to listen. */
export interface AppAddress {
  readonly port: number
  readonly readyUrl: string
  /** `http://127.0.0.1:PORT`, from the ready URL's origin. */
  readonly baseUrl: string
}

export interface App {
  /** The last 64 KiB of what it printed. */
  output(): string
  /** Ends its whole process group. */
  stop(): Promise<void>
}

/** A free port, and the app's URLs on it. */
export async function appAddress(plan: AppPlan): Promise<AppAddress> {
  const port = await freePort()
  const readyUrl = plan.readyUrl.replaceAll('{port}', String(port))
  return { port, readyUrl, baseUrl: new URL(readyUrl).origin }
}

/**
 * Starts the app with `environment` and the address's `PORT`, and waits until its ready URL answers below 500.
 * Throws HarnessError `app-not-started` with the app's output when it exits or stays silent.
 */
export async function startApp(
  plan: AppPlan,
  { port, readyUrl }: AppAddress,
  options: { cwd: string; environment: Record<string, string>; run: Run; signal: AbortSignal },
): Promise<App> {
  const group = startGroup(plan.command, [], {
    cwd: options.cwd,
    environment: { ...options.environment, PORT: String(port) },
    run: options.run,
    shell: true,
  })
  try {
    await untilReady(group, readyUrl, plan, options.signal)
  } catch (error) {
    await group.end()
    throw error
  }
  return { output: () => group.output(), stop: () => group.end() }
}

async function untilReady(group: Group, readyUrl: string, plan: AppPlan, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + plan.readyTimeoutMs
  let lastAnswer = 'nothing'
  while (Date.now() < deadline) {
    signal.throwIfAborted()
    const exit = group.exit()
    if (exit !== undefined) throw notStarted(`it exited with ${exit} before it was ready`, plan, group)
    try {
      const response = await fetch(readyUrl, { signal: AbortSignal.timeout(2_000) })
      await response.body?.cancel()
      if (response.status < 500) return
      lastAnswer = `status ${response.status}`
    } catch (error) {
      lastAnswer =
        error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
    }
    await sleep(50)
  }
  throw notStarted(
    `${readyUrl} did not answer within ${plan.readyTimeoutMs / 1000} s (last: ${lastAnswer})`,
    plan,
    group,
  )
}

function notStarted(reason: string, plan: AppPlan, group: Group): HarnessError {
  const output = group.output().trim()
  const said = output === '' ? 'It printed nothing.' : `It printed:\n${output.slice(-2_000)}`
  return new HarnessError(
    'app-not-started',
    `The app \`${plan.command}\` did not start: ${reason}. ${said}`,
    {
      hint: 'Check `app.command` and `app.readyUrl`; the app gets DATABASE_URL and PORT.',
    },
  )
}
