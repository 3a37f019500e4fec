import type { Socket } from 'node:net'

/** Looks at bytes on their way. */
export interface Reader {
  /** False when `read` never asks for anything but to go on: then bytes go out before they are read. */
  readonly holds: boolean
  read(chunk: Buffer, offset: number): Step
}

export interface Step {
  /** The chunk's bytes up to here may go out now. */
  readonly forward: number
  /** The chunk was read up to here. */
  readonly read: number
  /** What comes once those are out and before reading on: ending the connection, or waiting. */
  readonly act: 'cut' | (() => Promise<void>) | undefined
  /** What comes after `act`, still before reading on. */
  readonly next?: Omit<Step, 'read'> | undefined
}

/**
 * Passes bytes from one socket to the other, unchanged and with back-pressure, and passes the end on too.
 * Returns what takes each of `from`'s chunks; both sockets must have been opened with `allowHalfOpen`.
 */
export function relay(from: Socket, to: Socket, reader: Reader): (chunk: Buffer) => void {
  let holding = false
  let ended = false

  to.on('drain', () => {
    if (!holding) from.resume()
  })
  from.on('end', () => {
    ended = true
    if (!holding) to.end()
  })

  function write(bytes: Buffer): void {
    if (bytes.length > 0 && to.writable && !to.write(bytes)) from.pause()
  }

  function advance(chunk: Buffer, sent: number, offset: number): void {
    perform(chunk, sent, reader.read(chunk, offset))
  }

  function perform(chunk: Buffer, sent: number, { forward, read, act, next }: Step): void {
    write(chunk.subarray(sent, forward))
    if (act === 'cut') cut(from, to)
    else if (act !== undefined) {
      void hold(act, () =>
        next === undefined ? advance(chunk, forward, read) : perform(chunk, forward, { ...next, read }),
      )
    }
  }

  /** `act` is never rejected. */
  async function hold(act: () => Promise<void>, goOn: () => void): Promise<void> {
    holding = true
    from.pause()
    await act()
    holding = false
    goOn()
    if (holding) return
    if (ended) to.end()
    else if (!to.writableNeedDrain) from.resume()
  }

  return (chunk) => {
    if (reader.holds) {
      advance(chunk, 0, 0)
    } else {
      write(chunk)
      reader.read(chunk, 0)
    }
  }
}

/** Ends a connection at once; what was written before still goes out. */
export function cut(...sockets: readonly Socket[]): void {
  for (const socket of sockets) {
    socket.pause()
    socket.removeAllListeners('data')
    socket.destroySoon()
  }
}

/** When one side is gone, the other goes too: in order, or with a reset when that is how the first one went. */
export function tie(one: Socket, other: Socket): void {
  one.on('error', () => {})
  one.on('close', (hadError) => {
    if (other.destroyed) return
    if (hadError) other.resetAndDestroy()
    else other.destroySoon()
  })
}
