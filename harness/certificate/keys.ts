import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { HarnessError } from '../errors.ts'

/**
 * The ed25519 private key in `REHEARSAL_SIGNING_KEY`: PEM, or PEM in base64 for variables of one line. Throws
 * HarnessError `signing-key-missing` or `signing-key-unusable`, which never holds any of it.
 */
export function signingKey(environment: Readonly<Record<string, string | undefined>>): KeyObject {
  const value = environment[signingKeyVariable]?.trim() ?? ''
  if (value === '') {
    throw new HarnessError(
      'signing-key-missing',
      `A certificate is signed, and ${signingKeyVariable} is not set.`,
      {
        hint: 'Make a key with `openssl genpkey -algorithm ed25519` and hand it over as a secret of the CI job.',
      },
    )
  }
  const key = attempt(() => createPrivateKey(pemOf(value)))
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new HarnessError('signing-key-unusable', `${signingKeyVariable} holds no ed25519 private key.`, {
    hint: 'Give the PEM text that `openssl genpkey -algorithm ed25519` prints, or that text in base64.',
  })
}

export const signingKeyVariable = 'REHEARSAL_SIGNING_KEY'

/** A trusted public key of the config file: PEM, or the base64 between its lines. Throws on anything else. */
export function publicKey(text: string): KeyObject {
  const key = text.includes('-----')
    ? attempt(() => createPublicKey(text))
    : attempt(() => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' }))
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw new Error('it is no ed25519 public key, as `openssl pkey -pubout` prints one')
}

/** The SHA-256 of the public key, in hex: what names a key in an envelope. */
export function keyIdOf(key: KeyObject): string {
  const open = key.type === 'private' ? createPublicKey(key) : key
  return createHash('sha256')
    .update(open.export({ format: 'der', type: 'spki' }))
    .digest('hex')
}

function pemOf(value: string): string {
  if (value.startsWith('-----')) return value.replaceAll('\\n', '\n')
  return Buffer.from(value, 'base64').toString('utf8')
}

function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
