import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'
import { freePort } from '../runs/free-port.ts'

/** A real store that speaks the protocol of S3: OpenStack Swift, from Debian's python3-swift. */
export interface S3Server extends AsyncDisposable {
  readonly port: number
  /** As an operator has it: where the store is, and who asks. */
  readonly environment: Readonly<Record<string, string>>
  readonly client: S3Client
}

const credentials = { accessKeyId: 'test:tester', secretAccessKey: 'testing' }

const python = '/usr/bin/python3'

/** Why it cannot be had here; undefined when it can. */
export function missingS3Server(): string | undefined {
  const is = ['/usr/lib/python3/dist-packages/swift', python].every((path) => existsSync(path))
  return is ? undefined : 'python3-swift, which is the store, is not installed'
}

/**
 * Starts one on this machine, in some 2 seconds; dispose of it at the end. Between our looking for its four ports and
 * its taking them somebody else may have one, so it is tried again on others.
 */
export async function startS3Server(): Promise<S3Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start()
    } catch (error) {
      if (attempt === 3) throw error
    }
  }
}

const answersWithinMs = 60_000

async function start(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'pg-rehearsal-s3-'))
  const ports = await Promise.all(Array.from({ length: 4 }, async () => await freePort()))
  const [port = 0] = ports
  const script = packageFile('harness/testing/s3-server.py')
  // It ends when its input does, so also when this process is killed.
  const child = execa(python, ['-I', script, directory, ...ports.map(String)], {
    stdin: 'pipe',
    all: true,
    reject: false,
  })
  let ended = false
  void child.then(() => (ended = true))
  const dispose = async (): Promise<void> => {
    child.stdin.end()
    await child
    await rm(directory, { recursive: true, force: true })
  }
  const environment = environmentFor(port)
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? ''
  const client = new S3Client({ endpoint, region: 'eu-west-2', forcePathStyle: true, credentials })
  const deadline = performance.now() + answersWithinMs
  while (!(await answer(ports, endpoint))) {
    if (performance.now() > deadline || ended) {
      await dispose()
      throw new Error(`Swift did not start: ${(await child).all}`)
    }
    await sleep(50)
  }
  return { port, environment, client, [Symbol.asyncDispose]: dispose }
}

/** Of the one who may read everything there, through this port. */
export function environmentFor(port: number): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-2',
    AWS_ACCESS_KEY_ID: 'test:tester',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Not those of whoever runs the tests.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  }
}

/** The port of the store answers before the servers behind it do, which start each in its own time. */
async function answer(ports: readonly number[], endpoint: string): Promise<boolean> {
  for (const port of ports) if (!(await accepts(port))) return false
  const options = { endpoint, region: 'eu-west-2', forcePathStyle: true, credentials, maxAttempts: 1 }
  const client = new S3Client(options)
  return await client.send(new ListBucketsCommand({})).then(
    () => true,
    () => false,
  )
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
