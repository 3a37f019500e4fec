import type { Context } from 'mocha'
import { engines } from '../engines/index.ts'
import type { EngineName } from '../engines/index.ts'
import type { Server } from '../engines/engine.ts'
import type { Connection } from '../postgres/connection.ts'
import { openRun } from '../runs/open-run.ts'
import { sweepRuns } from '../runs/sweep.ts'
import type { Run } from '../runs/run.ts'

/** A server that a table-driven test may run on. */
export interface TestServer {
  /** `embedded`, `docker 17`, ... for the test's title. */
  readonly title: string
  readonly engine: EngineName
  readonly major: number | undefined
}

/** Every server that tests run on; those that cannot be had here skip their tests. */
export const testServers: readonly TestServer[] = [
  { title: 'embedded', engine: 'embedded', major: undefined },
  { title: 'docker 17', engine: 'docker', major: 17 },
  { title: 'docker 15', engine: 'docker', major: 15 },
]

/** The embedded server that all tests of this mocha process share; make a database of your own in it. */
export async function sharedServer(): Promise<Server> {
  const found = await started(testServers[0])
  if (typeof found === 'string') throw new Error(`No embedded server: ${found}`)
  return found
}

/** A database of the shared server, there for the tests of the suite that calls this; `use` is told of it before them. */
export function suiteDatabase(name: string, use: (connection: Connection) => void | Promise<void>): void {
  before(async () => {
    const server = await sharedServer()
    await server.createDatabase(name)
    await use(server.connection(name))
  })
  after(async () => await (await sharedServer()).dropDatabase(name))
}

/** The shared server of this kind, or the calling test or hook (and its suite) skipped with the reason logged. */
export async function serverOrSkip(testServer: TestServer, context: Context): Promise<Server> {
  const found = await started(testServer)
  if (typeof found !== 'string') return found
  console.log(`      skipped on ${testServer.title}: ${found}`)
  return context.skip()
}

/** Stops every shared server; the root hook calls it. */
export async function stopSharedServers(): Promise<void> {
  for (const { run, result } of servers.values()) {
    const found = await result.catch(() => 'not started')
    if (typeof found !== 'string') await found.stop()
    await (await run).dispose()
  }
  servers.clear()
}

/** Docker answers for images that are not there as if it could pull them; tests do not wait for a download. */
const wouldPull = / will be pulled$/

const servers = new Map<TestServer, { run: Promise<Run>; result: Promise<Server | string> }>()

function started(testServer: TestServer | undefined): Promise<Server | string> {
  if (testServer === undefined) return Promise.resolve('not listed')
  const known = servers.get(testServer)
  if (known !== undefined) return known.result
  const run = sweepRuns({ kept: false }).then(openRun)
  const result = run.then(async (opened) => await start(testServer, opened))
  servers.set(testServer, { run, result })
  return result
}

async function start({ engine, major }: TestServer, run: Run): Promise<Server | string> {
  const request = { major, image: undefined, serverUrl: undefined, run }
  const answer = await engines[engine].probe(request)
  if (!answer.available) return answer.reason
  if (wouldPull.test(answer.detail)) return `${answer.detail.replace(wouldPull, '')} is not there`
  return await engines[engine].start(request)
}
