import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from '../errors.ts'

/** A port of this machine's loopback that leads to a container on another machine. */
export interface Forward {
  readonly host: string
  readonly port: number
  /** Why the last connection could not be opened over there; undefined when it could. */
  trouble(): string | undefined
  /** What reaches the same port when this program is gone; with `tunnel`, once that command runs. */
  readonly lasting: { readonly host: string; readonly port: number; readonly tunnel?: string }
}

/** Listens until the program ends, without holding it open. A connection that ends on one side ends on the other. */
export async function openForward(
  dial: () => Promise<Duplex>,
  remotePort: number,
  lasting: Forward['lasting'],
): Promise<Forward> {
  let trouble: string | undefined
  const server = createServer({ noDelay: true }, (near) => {
    near.on('error', () => {})
    const failed = (error: unknown) => {
      trouble = `port ${remotePort} of the engine's machine cannot be reached: ${messageOf(error)}`
      near.resetAndDestroy()
    }
    const join = async () => {
      const far = await dial()
      far.on('error', failed)
      far.once('data', () => (trouble = undefined))
      if (near.destroyed) far.destroy()
      near.on('close', () => far.destroy())
      // What came before the end is still to be read.
      far.on('close', () => {
        if (!far.readableEnded) near.destroy()
      })
      near.pipe(far).pipe(near)
    }
    join().catch(failed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const { port } = server.address() as AddressInfo
  return { host: '127.0.0.1', port, trouble: () => trouble, lasting }
}
