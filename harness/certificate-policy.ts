import type { GatePolicy } from './certificate/gate.ts'
import { publicKey } from './certificate/keys.ts'
import { parseDuration, type Config } from './config-schema.ts'
import { questionsOf } from './config-values.ts'
import { messageOf } from './errors.ts'

/** The config file's `certificate`, as the gate reads it. Throws on a key that is none. */
export function gatePolicy(file: Config['certificate']): GatePolicy {
  return {
    keys: Object.fromEntries(
      Object.entries(file?.keys ?? {}).map(([role, text]) => [role, keyOf(role, text)]),
    ),
    approvals: file?.approvals ?? [],
    maxAgeMs: file?.maxAge === undefined ? undefined : parseDuration(file.maxAge),
    questions: questionsOf(file?.questions ?? []),
  }
}

function keyOf(role: string, text: string): ReturnType<typeof publicKey> {
  try {
    return publicKey(text)
  } catch (error) {
    throw new Error(`certificate.keys.${role}: ${messageOf(error)}`, { cause: error })
  }
}
