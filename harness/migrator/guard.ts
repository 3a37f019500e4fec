import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { decodePlaces } from './places.ts'

/*
 * Preloaded with `--import` into every Node child that runs the team's code: refuses connections to the
 * protected servers, by name and by address. It reads `host:port` pairs (see places.ts) from
 * PG_REHEARSAL_BLOCKED and PG_REHEARSAL_ALLOWED; what is allowed is never refused, so that the copy can be
 * on the same machine as a protected server. A guard against accidents, not against malice: native addons
 * and other programs do not pass through it.
 */

interface Address {
  readonly host: string
  readonly port: number
}

const blocked = parseList(process.env['PG_REHEARSAL_BLOCKED'])
const allowed = parseList(process.env['PG_REHEARSAL_ALLOWED'])

const lookups = [
  'lookup',
  'resolve',
  'resolve4',
  'resolve6',
  'resolveAny',
  'resolveCname',
  'resolveSrv',
] as const

if (blocked.length > 0) await install()

async function install(): Promise<void> {
  const addresses = await resolveAll(blocked)
  guardConnections((host, port) => {
    if (includes(allowed, host, port)) return false
    return includes(blocked, host, port) || includes(addresses, host, port)
  })
  const names = new Set(blocked.map(({ host }) => host).filter(isForeignName))
  guardLookups((name) => names.has(bare(name)))
  syncBuiltinESMExports()
}

/** A name that also means the copy, or this machine, must stay resolvable. */
function isForeignName(host: string): boolean {
  return net.isIP(host) === 0 && host !== 'localhost' && !allowed.some((copy) => copy.host === host)
}

/** The addresses behind the blocked names, looked up once; a name that does not resolve has none. */
async function resolveAll(servers: readonly Address[]): Promise<Address[]> {
  const limit = new Promise<Address[]>((resolve) => {
    setTimeout(resolve, 1500, []).unref()
  })
  const lists = servers.map(async ({ host, port }) => {
    const found = await dns.promises.lookup(host, { all: true }).catch(() => [])
    return found.map(({ address }) => ({ host: address, port }))
  })
  return (await Promise.all(lists.map((list) => Promise.race([list, limit])))).flat()
}

function guardConnections(isBlocked: (host: string, port: number) => boolean): void {
  const original: unknown = net.Socket.prototype.connect
  net.Socket.prototype.connect = function connect(this: net.Socket, ...args: unknown[]) {
    const target = targetOf(args)
    if (target === undefined) return Reflect.apply(original as typeof this.connect, this, args)
    const { host, port } = target
    if (isBlocked(host, port)) {
      const error = refusal(`a connection to ${host}:${port}`)
      process.nextTick(() => this.destroy(error))
      return this
    }
    // Another name for a protected server shows once it is resolved.
    this.on('lookup', (error: Error | null | undefined, address) => {
      if (error) return
      const isCopy = includes(allowed, host, port)
      if (!isCopy && isBlocked(address, port)) this.destroy(refusal(`a connection to ${host}:${port}`))
    })
    return Reflect.apply(original as typeof this.connect, this, args)
  } as typeof net.Socket.prototype.connect
}

/** `connect(options)`, `connect(port, host)`, or the array that net passes to itself. Not for pipes. */
function targetOf(args: readonly unknown[]): Address | undefined {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  const options: Record<string, unknown> =
    typeof first === 'object' && first !== null
      ? (first as Record<string, unknown>)
      : { port: first, host: typeof second === 'string' ? second : undefined }
  const port = Number(options['port'])
  if (typeof options['path'] === 'string' || !Number.isInteger(port)) return undefined
  return { host: bare(String(options['host'] ?? 'localhost')), port }
}

type Lookup = (name: string, ...rest: unknown[]) => unknown

function guardLookups(isBlocked: (name: string) => boolean): void {
  const callbacks = dns as unknown as Record<string, Lookup>
  const promises = dns.promises as unknown as Record<string, Lookup>
  for (const method of lookups) {
    const original = callbacks[method]
    const originalPromise = promises[method]
    if (original === undefined || originalPromise === undefined) continue
    callbacks[method] = (name, ...rest) => {
      const callback = rest.at(-1)
      if (!isBlocked(String(name)) || typeof callback !== 'function') return original(name, ...rest)
      process.nextTick(callback, refusal(`a look-up of ${name}`))
      return {}
    }
    promises[method] = (name, ...rest) =>
      isBlocked(String(name))
        ? Promise.reject(refusal(`a look-up of ${name}`))
        : originalPromise(name, ...rest)
  }
}

/** Says it on stderr as well: the code that connects may swallow errors. */
function refusal(what: string): Error {
  const message = `pg-rehearsal refused ${what}: it is a protected server, and a rehearsal must only reach the copy`
  process.emitWarning(message, { code: 'PG_REHEARSAL_BLOCKED' })
  return Object.assign(new Error(message), { code: 'ERR_PG_REHEARSAL_BLOCKED' })
}

function includes(list: readonly Address[], host: string, port: number): boolean {
  const name = bare(host)
  return list.some((candidate) => candidate.port === port && candidate.host === name)
}

function parseList(variable: string | undefined): Address[] {
  return decodePlaces(variable).map((text) => {
    const colon = text.lastIndexOf(':')
    return { host: bare(text.slice(0, colon)), port: Number(text.slice(colon + 1)) }
  })
}

function bare(host: string): string {
  const name = host
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  // IPv4 addresses may come dressed as IPv6 ones.
  return name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name
}
