import { styleText } from 'node:util'
import type { Redactor } from './redact.ts'
import type { Observer, StageEvent } from './stage.ts'
import { stageMarks } from './reports/terminal.ts'
import { duration } from './reports/text.ts'

/** Shows a rehearsal while it runs. */
export interface LiveView {
  readonly observe: Observer
  /** Leaves the terminal as it was. */
  close(): void
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const plainIntervalMs = 10_000

/** One moving line on a terminal; elsewhere plain lines without control characters, progress every 10 s. */
export function liveView(stream: NodeJS.WriteStream, redactor: Redactor): LiveView {
  const current = { stage: '', detail: '', startedAt: 0, toldAt: 0 }
  let frame = 0
  const clear = () => stream.isTTY && stream.write('\r\u001B[2K')
  const draw = () => {
    frame = (frame + 1) % frames.length
    const text = ` ${frames[frame]} ${current.stage}  ${duration(Date.now() - current.startedAt)}  ${redactor.text(current.detail)}`
    stream.write(`\r\u001B[2K${text.slice(0, (stream.columns ?? 80) - 1)}`)
  }
  const timer = stream.isTTY ? setInterval(() => current.stage !== '' && draw(), 100) : undefined
  const observe = (event: StageEvent) => {
    if (event.kind === 'started') {
      Object.assign(current, { stage: event.stage, detail: '', startedAt: Date.now(), toldAt: Date.now() })
    } else if (event.kind === 'progress') {
      current.detail = event.detail
      if (stream.isTTY || Date.now() - current.toldAt < plainIntervalMs) return
      current.toldAt = Date.now()
      stream.write(` … ${event.stage}  ${redactor.text(event.detail)}\n`)
    } else {
      clear()
      if (event.kind === 'ended') current.stage = ''
      stream.write(`${redactor.text(lineOf(event))}\n`)
    }
  }
  return {
    observe,
    close: () => {
      clearInterval(timer)
      clear()
    },
  }
}

function lineOf(event: Extract<StageEvent, { kind: 'ended' | 'note' }>): string {
  if (event.kind === 'note') return ` · ${event.text}`
  const { name, status, durationMs, summary } = event.result
  const style = status === 'completed' ? 'green' : status === 'skipped' ? 'dim' : 'red'
  const time = status === 'skipped' ? '' : duration(durationMs)
  return ` ${styleText(style, stageMarks[status])} ${name.padEnd(15)} ${time.padStart(8)}  ${summary.split('\n')[0]}`
}
