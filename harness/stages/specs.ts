import { HarnessError } from '../errors.ts'
import { guardedNodeOptions, guardPreloads } from '../migrator/child-process.ts'
import type { AppPlan } from '../plan.ts'
import type { Connection } from '../postgres/connection.ts'
import type { Finding, SpecPass } from '../rehearsal.ts'
import { appAddress, startApp } from '../smoke/app.ts'
import { specFindings, toSpecPass } from '../smoke/findings.ts'
import { runMocha } from '../smoke/mocha.ts'
import type { Given } from './given.ts'
import { environmentFor } from './trace-migrator.ts'

export interface Specs {
  /** Null when the app did not start, so that no spec ran. */
  readonly pass: SpecPass | null
  readonly findings: readonly Finding[]
}

/** Runs the smoke specs, and the app where the plan has one, on one database as `phase`. */
export async function runSpecs(
  { plan, run, signal }: Given,
  {
    connection,
    files,
    phase,
    app: appPlan = plan.app,
  }: {
    connection: Connection
    files: readonly string[]
    phase: SpecPass['phase']
    /** Another app than the plan's; null for none. */
    app?: AppPlan | undefined | null
  },
): Promise<Specs> {
  const environment: Record<string, string> = {
    ...(await environmentFor(plan, connection)),
    REHEARSAL_PHASE: phase,
  }
  const guard = guardPreloads(environment)
  const guarded = { ...environment, ...guardedNodeOptions(environment) }
  const address = appPlan ? await appAddress(appPlan) : undefined
  const starting =
    appPlan && address
      ? startApp(appPlan, address, { cwd: plan.cwd, environment: guarded, run, signal })
      : undefined
  try {
    const result = await runMocha({
      cwd: plan.cwd,
      files,
      arguments: plan.specs.mochaArguments,
      environment: address === undefined ? environment : { ...environment, APP_URL: address.baseUrl },
      preload: [...guard, import.meta.resolve('tsx')],
      timeoutMs: plan.specs.timeoutMs,
      run,
      until: starting,
    })
    const context = { phase, files, cwd: plan.cwd, timeoutMs: plan.specs.timeoutMs }
    return { pass: toSpecPass(result, phase), findings: specFindings(result, context) }
  } catch (error) {
    if (!(error instanceof HarnessError) || error.code !== 'app-not-started') throw error
    return { pass: null, findings: [appNotStarted(error, appPlan?.command ?? phase)] }
  } finally {
    const app = await starting?.catch(() => undefined)
    await app?.stop()
  }
}

function appNotStarted({ message, hint }: HarnessError, subject: string): Finding {
  return { id: 'app-not-started', severity: 'error', subject, message, remedy: hint }
}
