import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ContainerRuntimeClient } from 'testcontainers'
import { openRun } from '../runs/open-run.ts'
import type { Link } from './docker-link.ts'

/**
 * The client of Testcontainers for an engine that it cannot reach by itself: it knows neither ssh nor contexts, and lets
 * nobody say how connections are made. So it meets the engine through a socket that only this user can open and that is
 * gone again once it has.
 */
export async function throughSocket(link: Link): Promise<ContainerRuntimeClient> {
  const run = await openRun()
  const path = join(run.directory, 'd')
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = link.agent.createConnection({}) as ReturnType<Link['dialer']['engine']>
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
  })
  try {
    const before = process.umask(0o177)
    server.listen(path)
    process.umask(before)
    await once(server, 'listening')
    const { getContainerRuntimeClient } = await import('testcontainers')
    // The host where ports are reached, which would be looked for with a container of its own.
    const variables = {
      DOCKER_HOST: `unix://${path}`,
      // It would speak TLS on the socket, fail, and take the engine of this machine, where there is one.
      DOCKER_TLS_VERIFY: '',
      DOCKER_CERT_PATH: '',
      TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
    }
    return await withVariables(variables, getContainerRuntimeClient)
  } finally {
    server.close()
    await rm(path, { force: true })
    await run.dispose()
  }
}

/** Does `work` while the environment of this process has these variables. */
export async function withVariables<Result>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, variables)
  try {
    return await work()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
