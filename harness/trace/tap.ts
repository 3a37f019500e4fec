import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import type { Conversation, Hooks } from './conversation.ts'
import { conversation } from './conversation.ts'
import type { MutableConnection } from './dialogue.ts'
import type { Injector } from './injection.ts'
import { injector } from './injection.ts'
import type { RecorderLimits } from './recorder.ts'
import { recorder } from './recorder.ts'
import { cut, relay, tie } from './relay.ts'
import { readStartup } from './startup.ts'
import type { Statement, TappedConnection } from './statement.ts'

/** Limits default to 100,000 statements, 100 kB a text and 64 MB of texts. Hooks must not throw. */
export type TapOptions = Partial<RecorderLimits> &
  Pick<Hooks, 'onStatement' | 'onBeforeStatement' | 'inspect' | 'rounds'>

/** A listening tap. Lists and records are live: they change as things happen. */
export interface Tap {
  readonly host: string
  readonly port: number
  /** In order of start. */
  readonly statements: readonly Statement[]
  /** Statements seen beyond the limit and not kept. */
  readonly dropped: number
  /** In order of arrival; of more than 10,000 the oldest closed ones are forgotten. */
  readonly connections: readonly TappedConnection[]
  /** Why `inspect` or a hook of `rounds` was rejected, each time; the statements concerned were not inspected. */
  readonly failedInspections: readonly unknown[]
  /** Statements that were sent and not answered yet, on all connections. */
  inFlight(): Statement[]
  /** Ends one connection abruptly, on both sides; nothing happens when it is gone already. */
  cut(connection: number): void
  /** Ends the listener and all connections; resolves when they are gone. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Listens on a free port of 127.0.0.1 and passes every connection through to the Postgres server at `target`,
 * bytes unchanged, reading along as protocol 3. Requests for encryption are answered "no", so clients that
 * insist on TLS cannot connect. Passwords, parameter values, rows and COPY data are never kept.
 */
export async function openTap(
  target: { readonly host: string; readonly port: number },
  options: TapOptions = {},
): Promise<Tap> {
  const limits = { ...defaultLimits, ...options }
  const records = recorder(limits)
  const connections: MutableConnection[] = []
  const failedInspections: unknown[] = []
  const live = new Map<number, Tapped>()
  let accepted = 0
  let closing: Promise<void> | undefined

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const connection = opened((accepted += 1))
    remember(connections, connection)
    const hooks = { ...limits, onInspectionFailed: (error: unknown) => void failedInspections.push(error) }
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true })
    const session = injector(connection, server, client)
    const talk = conversation(connection, records, hooks, session)
    live.set(connection.connection, { sockets: [client, server], talk })
    pass(client, server, { connection, talk, session })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('close', () => {
        session.hangUp()
        talk.hangUp()
        if (other.closed) live.delete(connection.connection)
      })
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    statements: records.statements,
    get dropped() {
      return records.dropped
    },
    connections,
    failedInspections,
    inFlight: () => [...live.values()].flatMap(({ talk }) => talk.inFlight()),
    cut: (connection) => cut(...(live.get(connection)?.sockets ?? [])),
    close: () => (closing ??= end(listener, live)),
  }
}

async function end(listener: NetServer, live: ReadonlyMap<number, Tapped>): Promise<void> {
  const sockets = [...live.values()].flatMap((tapped) => tapped.sockets).filter((socket) => !socket.closed)
  const gone = [...sockets, listener].map((it) => new Promise((resolve) => it.once('close', resolve)))
  listener.close()
  for (const socket of sockets) socket.destroy()
  await Promise.all(gone)
}

interface Tapped {
  readonly sockets: readonly Socket[]
  readonly talk: Conversation
}

const defaultLimits: RecorderLimits = {
  maxStatements: 100_000,
  maxTextBytes: 100_000,
  maxTotalTextBytes: 64_000_000,
}

const opened = (connection: number): MutableConnection => ({
  connection,
  backendPid: 0,
  user: null,
  database: null,
  applicationName: null,
  transaction: 'unknown',
  open: true,
  cancelRequest: false,
  readable: true,
  error: null,
})

function remember(connections: MutableConnection[], connection: MutableConnection): void {
  connections.push(connection)
  if (connections.length <= 10_000) return
  const oldest = connections.findIndex(({ open }) => !open)
  if (oldest >= 0) connections.splice(oldest, 1)
}

/** Ties the two sockets together: the startup first, the conversation behind it. */
function pass(
  client: Socket,
  server: Socket,
  { connection, talk, session }: { connection: MutableConnection; talk: Conversation; session: Injector },
): void {
  tie(client, server)
  tie(server, client)
  const up = relay(client, server, talk.fromClient)
  let take = greeting(client, server, connection, (rest) => {
    take = up
    if (rest.length > 0) up(rest)
  })
  client.on('data', (chunk) => take(chunk))
  const down = relay(server, client, talk.fromServer)
  server.on('data', (chunk) => {
    if (!session.take(chunk)) down(chunk)
  })
}

/** Takes the client's chunks until its startup packet is complete and passed on; `done` gets what follows it. */
function greeting(
  client: Socket,
  server: Socket,
  connection: MutableConnection,
  done: (rest: Buffer) => void,
): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    let startup = readStartup(pending)
    while (startup.kind === 'encryption') {
      pending = pending.subarray(startup.bytes)
      client.write('N')
      startup = readStartup(pending)
    }
    if (startup.kind === 'incomplete') return
    const { bytes, kind, ...session } = startup
    Object.assign(connection, session)
    connection.cancelRequest = kind === 'cancel'
    connection.readable = kind !== 'unreadable'
    server.write(pending.subarray(0, bytes))
    done(pending.subarray(bytes))
  }
}
