import type { Readable, Writable } from 'node:stream'

interface Fed {
  readonly stdin: Writable | null
  kill(): boolean
}

/**
 * Pipes `source` into a child. A child that stops reading early (EPIPE) is no error, its exit code tells why; a
 * source that fails or is destroyed before its end kills the child, because what it got is not the whole.
 * `finish` releases the source once the child has ended, and returns the source's error.
 */
export function feed(source: Readable, child: Fed): { finish(): Error | undefined } {
  const { stdin } = child
  let failure: Error | undefined
  let released = false
  const release = () => {
    released = true
    source.destroy()
  }
  source.on('error', (error) => {
    failure ??= error
    child.kill()
  })
  source.on('close', () => {
    if (released || source.readableEnded || failure !== undefined) return
    failure = new Error('The input was closed before its end.')
    child.kill()
  })
  stdin?.on('error', release)
  stdin?.on('close', release)
  if (stdin !== null) source.pipe(stdin)
  return {
    finish: () => {
      release()
      return failure
    },
  }
}
