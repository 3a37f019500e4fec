import type { RecordedError, Samples } from './protocol.ts'

/** Grows as probes are answered; errors are counted by code. */
export interface SampleList {
  add(startedAt: number, latencyMs: number): void
  addError(error: unknown, at: number): void
  samples(): Samples
  errors(): RecordedError[]
}

export function sampleList(): SampleList {
  let starts = new Float64Array(1_024)
  let latencies = new Float64Array(1_024)
  let length = 0
  const errors = new Map<string, { code: string; count: number; message: string; firstAt: number }>()
  return {
    add(startedAt, latencyMs) {
      if (length === starts.length) {
        starts = doubled(starts)
        latencies = doubled(latencies)
      }
      starts[length] = startedAt
      latencies[length] = latencyMs
      length += 1
    },
    addError(error, at) {
      const { code, message } = described(error)
      const known = errors.get(code)
      if (known === undefined) errors.set(code, { code, count: 1, message, firstAt: at })
      else known.count += 1
    },
    samples: () => ({ startedAt: starts.slice(0, length), latencyMs: latencies.slice(0, length) }),
    errors: () => [...errors.values()],
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2)
  larger.set(array)
  return larger
}

function described(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // What is no SQLSTATE is Node's or pg's word for a session that is gone.
  return { code: /^[0-9A-Z]{5}$/.test(code) ? code : 'connection', message: message.slice(0, 300) }
}
