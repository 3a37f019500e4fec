import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HarnessError } from '../errors.ts'
import { startNodeChild } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import type { Answer, Order, Recording } from './protocol.ts'

/** The probing child process, from outside. */
export interface Prober {
  /** Opens a reader that keeps these reads' transaction open; resolves once it has its locks. */
  hold(reads: readonly string[]): Promise<void>
  /** Ends that reader after so long. */
  release(afterMs: number): void
  /** Ends probing and hands over what was recorded. */
  stop(): Promise<Recording>
  /** Ends the child whatever it does; safe to call twice and after `stop`. */
  close(): Promise<void>
}

/** Starts probing in a child process; it probes when this resolves. Throws HarnessError `probes-failed`. */
export async function startProber(
  start: Omit<Extract<Order, { kind: 'start' }>, 'kind'>,
  run: Run,
): Promise<Prober> {
  const script = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url))
  const environment = { PATH: process.env['PATH'] ?? '' }
  const options = { environment, run, stdout: 'ignore' } as const
  const { process: child, output, exited, end: close } = startNodeChild([script], options)
  const answers: Answer[] = []
  let heard = (): void => {}
  child.on('message', (answer: Answer) => {
    answers.push(answer)
    heard()
  })

  async function expect<Kind extends Answer['kind']>(kind: Kind): Promise<Extract<Answer, { kind: Kind }>> {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<'heard'>()
      heard = () => resolve('heard')
      const answer = answers.shift()
      if (answer?.kind === kind) return answer as Extract<Answer, { kind: Kind }>
      if (answer?.kind === 'failed') throw failed(answer.message)
      if (answer !== undefined) continue
      if ((await Promise.race([promise, exited])) !== 'heard' && answers.length === 0) {
        throw failed(`its process ended. ${output().slice(-2_000)}`.trim())
      }
    }
  }

  const tell = (order: Order): void => void child.send(order, () => {})
  try {
    tell({ kind: 'start', ...start })
    await expect('probing')
  } catch (error) {
    await close()
    throw error
  }
  return {
    async hold(reads) {
      tell({ kind: 'hold', reads })
      await expect('holding')
    },
    release: (afterMs) => tell({ kind: 'release', afterMs }),
    async stop() {
      tell({ kind: 'stop' })
      const { kind: _, ...recording } = await expect('report')
      return recording
    },
    close,
  }
}

function failed(message: string): HarnessError {
  return new HarnessError('probes-failed', `The probes ended before they were done: ${message}`, {
    hint: 'Look whether the server has connections left (max_connections) and the machine has memory left, then run again.',
  })
}
