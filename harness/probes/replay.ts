import { z } from 'zod'
import type { ReplayedStatement } from './traffic-plan.ts'

/**
 * Reads a replay: one JSON object a line with `at_ms` (since the beginning, not falling), `sql` and perhaps `params`.
 * Throws an Error that names the line.
 */
export function parseReplay(text: string): ReplayedStatement[] {
  const statements: ReplayedStatement[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const at = `line ${index + 1}`
    const parsed = lineSchema.safeParse(jsonOf(line, at))
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new Error(`${at}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`)
    }
    const { at_ms: atMs, sql, params } = parsed.data
    if (atMs < (statements.at(-1)?.atMs ?? 0))
      throw new Error(`${at}: at_ms is less than that of the line before`)
    statements.push({ atMs, sql, params: params ?? [] })
  }
  if (statements.length === 0) throw new Error('it has no statement')
  return statements
}

const lineSchema = z.strictObject({
  at_ms: z.number().nonnegative(),
  sql: z.string().min(1),
  params: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
})

function jsonOf(line: string, at: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`${at}: it is not JSON`)
  }
}
