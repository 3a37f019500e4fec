import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HarnessError } from '../errors.ts'
import { currentContext, readContext } from './docker-context.ts'
import type { TlsFiles } from './docker-tls.ts'

/** Where the Docker engine is and who said so, as the docker command line would find it. */
export interface Endpoint {
  /** `tcp://db1:2376 (DOCKER_HOST)`, for messages; holds no secret. */
  readonly name: string
  readonly url: URL
  /** Undefined: not encrypted. */
  readonly tls: TlsFiles | undefined
  /** What `docker` must be told between its name and its command to mean this engine. */
  readonly dockerWords: readonly string[]
  /** The variables that make this program mean it. */
  readonly variables: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The engine that DOCKER_HOST, DOCKER_CONTEXT or Docker's current context names, in this order; undefined when nothing
 * does, or ~/.testcontainers.properties names one: Testcontainers finds those. Throws HarnessError `docker-address` or
 * `docker-context-unknown`.
 */
export async function findEndpoint(environment: Environment = process.env): Promise<Endpoint | undefined> {
  const directory = environment['DOCKER_CONFIG'] || join(homedir(), '.docker')
  const named = environment['DOCKER_HOST'] ?? ''
  if (named !== '') return fromHost(named, directory, environment)
  const asked = environment['DOCKER_CONTEXT'] ?? ''
  if (asked === '' && (await testcontainersKnows())) return undefined
  const context = asked === '' ? await currentContext(directory) : asked
  if (context === '' || context === 'default') return undefined
  const from = asked === '' ? `context ${context}` : `DOCKER_CONTEXT ${context}`
  const { host, tls } = await readContext(directory, context)
  return {
    name: `${host} (${from})`,
    url: parse(host, from),
    tls,
    dockerWords: ['--context', context],
    variables: { DOCKER_CONTEXT: context },
  }
}

/** Whether the engine has to be reached over a network. */
export function isRemote({ url }: Endpoint): boolean {
  return url.protocol === 'tcp:' || url.protocol === 'ssh:'
}

function fromHost(host: string, directory: string, environment: Environment): Endpoint {
  const url = parse(host, 'DOCKER_HOST')
  const base = { name: `${host} (DOCKER_HOST)`, url }
  const variables = { DOCKER_HOST: host }
  const verify = (environment['DOCKER_TLS_VERIFY'] ?? '') !== ''
  const encrypted = verify || (environment['DOCKER_TLS'] ?? '') !== '' || host.startsWith('https:')
  if (url.protocol !== 'tcp:' || !encrypted)
    return { ...base, tls: undefined, dockerWords: ['--host', host], variables }
  const certificates = environment['DOCKER_CERT_PATH'] || directory
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => join(certificates, `${name}.pem`))
  const files = ['--tlscacert', ca ?? '', '--tlscert', cert ?? '', '--tlskey', key ?? '']
  return {
    ...base,
    tls: { directory: certificates, verify: verify || host.startsWith('https:'), optional: false },
    dockerWords: ['--host', host, verify ? '--tlsverify' : '--tls', ...files],
    variables: {
      ...variables,
      [verify ? 'DOCKER_TLS_VERIFY' : 'DOCKER_TLS']: '1',
      DOCKER_CERT_PATH: certificates,
    },
  }
}

function parse(host: string, from: string): URL {
  const url = URL.canParse(host) ? new URL(host.replace(/^https?:/, 'tcp:')) : undefined
  if (url === undefined || !/^(?:tcp|ssh|unix|npipe|fd):$/.test(url.protocol))
    throw invalid(`${from} names no engine: ${host}`)
  if ((url.protocol === 'tcp:' || url.protocol === 'ssh:') && url.hostname === '')
    throw invalid(`${from} names no machine: ${host}`)
  // ssh would ask for it; a URL is seen by everybody who sees the environment.
  if (url.password !== '') throw invalid(`${from} holds a password, which neither Docker nor ssh takes`)
  // A shell over there reads it.
  if (url.protocol === 'ssh:' && !/^[\w./-]*$/.test(url.pathname))
    throw invalid(`${from} has an odd path: ${host}`)
  return url
}

function invalid(message: string): HarnessError {
  return new HarnessError('docker-address', `${message}.`, {
    hint: 'Write it as unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST, or name a context of `docker context ls`.',
  })
}

async function testcontainersKnows(): Promise<boolean> {
  const properties = await readFile(join(homedir(), '.testcontainers.properties'), 'utf8').catch(() => '')
  return /^\s*(?:tc|docker)\.host\s*[=:]/m.test(properties)
}
