import { Client } from 'pg'
import { chooseEngine } from './engines/index.ts'
import { HarnessError, messageOf } from './errors.ts'
import { calibrate } from './estimate/calibrate.ts'
import type { Calibration } from './estimate/calibration.ts'
import type { Plan } from './plan.ts'
import { connect } from './postgres/client.ts'
import { parseUrl } from './postgres/url.ts'
import { openRun } from './runs/open-run.ts'
import { sweepRuns } from './runs/sweep.ts'

/** Measures a throwaway server of the plan's engine, in a database of its own, and removes both. */
export async function calibrateEngine(
  plan: Pick<Plan, 'engine' | 'postgres' | 'image' | 'serverUrl'>,
): Promise<Calibration> {
  await sweepRuns({ kept: false })
  const run = await openRun()
  try {
    const request = { major: plan.postgres, image: plan.image, serverUrl: plan.serverUrl, run }
    const { engine } = await chooseEngine(plan.engine, request)
    const server = await engine.start(request)
    try {
      const database = engine.name === 'external' ? run.id : 'calibration'
      await server.createDatabase(database)
      const client = await connect(server.connection(database))
      try {
        return await calibrate(client, { throwaway: true })
      } finally {
        await client.end()
        await server.dropDatabase(database)
      }
    } finally {
      await server.stop()
    }
  } finally {
    await run.dispose()
  }
}

/**
 * Measures the server that the environment variable names, which may be production: in one temporary table, read-only
 * to all else. Throws HarnessError `calibration-url` when it names none or cannot be reached.
 */
export async function calibrateUrl(
  variable: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Calibration> {
  const url = environment[variable]
  if (url === undefined || parseUrl(url) === undefined) {
    // A URL in place of the name would be printed with its password.
    const name = /^\w+$/.test(variable) ? variable : 'that'
    throw new HarnessError('calibration-url', `There is no postgres URL in a variable named ${name}.`, {
      hint: 'Name the environment variable that holds the URL, so that no password is on the command line: --url-variable PRODUCTION_DATABASE_URL.',
    })
  }
  const client = new Client({
    connectionString: url,
    application_name: 'pg-rehearsal',
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await calibrate(client, { throwaway: false })
  } catch (cause) {
    throw new HarnessError('calibration-url', `Calibrating by ${variable} failed: ${messageOf(cause)}`, {
      hint: 'The user needs CONNECT and TEMPORARY on the database; nothing else of it is touched.',
      cause,
    })
  } finally {
    await client.end().catch(() => {})
  }
}
