import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError, messageOf } from '../errors.ts'
import type { TlsFiles } from './docker-tls.ts'

/** What a Docker context says of its engine. */
export interface Context {
  /** As in DOCKER_HOST. */
  readonly host: string
  readonly tls: TlsFiles | undefined
}

/** The context that `docker context use` chose; empty when it chose none. `directory` is Docker's, `~/.docker`. */
export async function currentContext(directory: string): Promise<string> {
  const text = await readFile(join(directory, 'config.json'), 'utf8').catch(() => '{}')
  try {
    const { currentContext: name } = JSON.parse(text) as { currentContext?: unknown }
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

/** Reads a context from Docker's own store. Throws HarnessError `docker-context-unknown` when it is not there or unusable. */
export async function readContext(directory: string, name: string): Promise<Context> {
  const id = createHash('sha256').update(name).digest('hex')
  const path = join(directory, 'contexts/meta', id, 'meta.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw await unknown(directory, name)
  const { Host, SkipTLSVerify } = dockerEndpoint(text, name)
  const certificates = join(directory, 'contexts/tls', id, 'docker')
  const files = await readdir(certificates).catch(() => [])
  const encrypted = /^(?:tcp|https):/.test(Host) && (files.length > 0 || SkipTLSVerify === true)
  return {
    host: Host,
    tls: encrypted ? { directory: certificates, verify: SkipTLSVerify !== true, optional: true } : undefined,
  }
}

interface DockerEndpoint {
  readonly Host: string
  readonly SkipTLSVerify?: boolean
}

function dockerEndpoint(text: string, name: string): DockerEndpoint {
  try {
    const { Endpoints } = JSON.parse(text) as { Endpoints?: { docker?: Partial<DockerEndpoint> } }
    const { Host, ...rest } = Endpoints?.docker ?? {}
    if (typeof Host === 'string' && Host !== '') return { Host, ...rest }
    throw new Error('it names no engine')
  } catch (cause) {
    throw new HarnessError(
      'docker-context-unknown',
      `The Docker context ${name} cannot be used: ${messageOf(cause)}.`,
      { hint: `See \`docker context inspect ${name}\`, and make it again.`, cause },
    )
  }
}

async function unknown(directory: string, name: string): Promise<HarnessError> {
  const names = await contextNames(directory)
  return new HarnessError('docker-context-unknown', `There is no Docker context ${name} in ${directory}.`, {
    hint: `There ${names.length === 0 ? 'is only default' : `are default, ${names.join(', ')}`}: choose with DOCKER_CONTEXT or \`docker context use\`, or make it with \`docker context create ${name}\`.`,
  })
}

async function contextNames(directory: string): Promise<string[]> {
  const all = join(directory, 'contexts/meta')
  const names: string[] = []
  for (const id of await readdir(all).catch(() => [])) {
    const text = await readFile(join(all, id, 'meta.json'), 'utf8').catch(() => '')
    const name = /"Name"\s*:\s*"([^"]+)"/.exec(text)?.[1]
    if (name !== undefined) names.push(name)
  }
  return names.toSorted()
}
