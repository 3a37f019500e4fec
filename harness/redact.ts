/** Replaces secrets in every text that leaves the program. */
export interface Redactor {
  /** Adds a secret; empty, very short and very common ones are left alone, as they would hit innocent text. */
  add(secret: string): void
  text(value: string): string
  /** The same value with every string in it redacted, keys apart. */
  deep<Value>(value: Value): Value
}

const common = new Set(['postgres', 'localhost', 'password', 'rehearsal'])

/** A redactor that also hides the password of anything that looks like a postgres URL. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>()
  const text = (value: string) => {
    let redacted = value.replaceAll(
      /(postgres(?:ql)?:\/\/)(?!\(redacted\))[^\s'"`]*[^\s'"`,;.)]/gi,
      '$1(redacted)',
    )
    for (const secret of secrets) redacted = redacted.replaceAll(secret, '(redacted)')
    return redacted
  }
  const deep = <Value>(value: Value): Value => redactDeep(value, text) as Value
  return {
    add: (secret) => {
      if (secret.length < 4 || common.has(secret)) return
      secrets.add(secret)
      secrets.add(encodeURIComponent(secret))
    },
    text,
    deep,
  }
}

function redactDeep(value: unknown, text: (value: string) => string): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, text))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactDeep(item, text)]))
}
