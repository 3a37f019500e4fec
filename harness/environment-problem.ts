import { HarnessError, messageOf } from './errors.ts'

/**
 * The trouble around us that an unexpected error stands for: a full disk, a server that is gone, memory or
 * connections used up. Undefined when it may be a defect of our own. SQLSTATE classes:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function environmentProblem(error: unknown): HarnessError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = messageOf(error)
  const cause = error
  if (code === 'ENOSPC' || code === '53100' || /no space left on device/i.test(message)) {
    return new HarnessError('disk-full', `The disk is full: ${message}`, {
      hint: 'Free some space, or set TMPDIR (for Docker, its data root) to a larger disk. Nothing of this run was left.',
      cause,
    })
  }
  if (code === '53200' || code === '53300' || code === 'ENOMEM') {
    return new HarnessError('out-of-resources', `Memory or connections are used up: ${message}`, {
      hint: 'Give the machine or the server more, or run less beside it.',
      cause,
    })
  }
  if (/^(57P0[1-4]|08...)$/.test(code) || networkCodes.has(code) || lostConnection.test(message)) {
    return new HarnessError('server-lost', `The rehearsal's Postgres server is gone: ${message}`, {
      hint: 'Something stopped it: look whether Docker was stopped, the container was removed or memory ran out, then run again.',
      cause,
    })
  }
  return undefined
}

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])
const lostConnection = /^(Connection terminated|Client has encountered a connection error)|ECONNREFUSED/
