import { perform } from './operations.ts'
import type { Message, Request } from './protocol.ts'
import { thrownError } from './thrown.ts'

/**
 * The migrator's child process: takes a Request over IPC, answers with Messages and exits, or waits for another
 * Request where the first says that more may come and nothing of the app's has to go first. It runs the
 * app's code, so it is apart from the harness: what exits, hangs or leaks here ends with the process.
 */
process.on('message', (message: Request | 'go') => {
  if (message === 'go') gate.resolve()
  else void main(message)
})

const gate = Promise.withResolvers<void>()

// The parent was killed: nobody is left to hear.
process.on('disconnect', () => process.exit(1))

let phase: 'load' | 'run' = 'load'

process.on('unhandledRejection', (error) => {
  // An app that handles them itself goes on in production too.
  if (process.listenerCount('unhandledRejection') === 1) fail(error)
})

process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') === 1) fail(error)
})

async function main(request: Request): Promise<void> {
  phase = 'load'
  if (request.environment !== undefined) live(request.environment)
  try {
    const last = await perform(request, report, gate.promise)
    send(last, last.stays ? undefined : () => process.exit(0))
  } catch (error) {
    fail(error)
  }
}

/** Nothing of the app's has been loaded yet that could have read another. */
function live(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
}

function report(message: Message): void {
  if (message.kind === 'loaded') phase = 'run'
  send(message)
}

/** As in production, where either ends the process with this code. */
function fail(error: unknown): void {
  send({ kind: 'failed', phase, error: thrownError(error) }, () => process.exit(1))
}

function send(message: Message, then: () => void = () => {}): void {
  if (process.send === undefined || !process.connected) then()
  else process.send(message, undefined, undefined, then)
}
