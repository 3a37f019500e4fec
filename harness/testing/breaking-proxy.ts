import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'

/** A TCP proxy in front of a server of this machine, whose connections break. */
export interface BreakingProxy extends AsyncDisposable {
  readonly port: number
  /** How many connections it has broken. */
  readonly broken: () => number
}

/**
 * Passes on what the server at `target` sends, and resets each connection of the first `times` that have brought more than
 * `afterBytes`. `onBreak` hears of each before the client can come back.
 */
export async function startBreakingProxy(
  target: number,
  {
    afterBytes,
    times = Infinity,
    onBreak,
  }: { afterBytes: number; times?: number; onBreak?: () => Promise<void> },
): Promise<BreakingProxy> {
  let broken = 0
  let mending = Promise.resolve()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let passed = 0
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
    void mending.then(() => client.on('data', (chunk) => upstream.write(chunk)))
    upstream.on('data', (chunk) => {
      passed += chunk.length
      if (passed <= afterBytes || broken >= times) {
        if (!client.write(chunk)) upstream.pause()
        return
      }
      broken++
      mending = onBreak?.() ?? mending
      client.resetAndDestroy()
      upstream.destroy()
    })
    client.on('drain', () => upstream.resume())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dispose = async (): Promise<void> => {
    server.close()
  }
  return { port, broken: () => broken, [Symbol.asyncDispose]: dispose }
}
