import { sign as signBytes, verify as verifyBytes, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import { keyIdOf } from './keys.ts'

/** A signed document as DSSE has it: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export interface Envelope {
  readonly payloadType: string
  /** Base64. */
  readonly payload: string
  readonly signatures: readonly Signature[]
}

export interface Signature {
  readonly keyid: string
  /** Base64. */
  readonly sig: string
}

export const payloadType = 'application/vnd.in-toto+json'

/** `text` with one signature, by an ed25519 private key. */
export function seal(text: string, key: KeyObject): Envelope {
  const payload = Buffer.from(text).toString('base64')
  return { payloadType, payload, signatures: [signatureOf({ payloadType, payload }, key)] }
}

/** The same envelope with a signature by this key too; one that the key made before is replaced. */
export function countersign(envelope: Envelope, key: KeyObject): Envelope {
  const own = signatureOf(envelope, key)
  const others = envelope.signatures.filter(({ keyid }) => keyid !== own.keyid)
  return { ...envelope, signatures: [...others, own] }
}

/** Whether the public key made one of the signatures, and the signature says so. */
export function isSignedBy(envelope: Envelope, key: KeyObject): boolean {
  return envelope.signatures.some((signature) => isBy(signature, envelope, key))
}

/** Ids of the signatures that none of these public keys made. */
export function strangeSignatures(envelope: Envelope, keys: readonly KeyObject[]): string[] {
  return envelope.signatures
    .filter((signature) => !keys.some((key) => isBy(signature, envelope, key)))
    .map(({ keyid }) => keyid)
}

function isBy({ keyid, sig }: Signature, envelope: Envelope, key: KeyObject): boolean {
  return keyid === keyIdOf(key) && verifyBytes(null, encoded(envelope), key, Buffer.from(sig, 'base64'))
}

/** The file that holds an envelope. */
export function envelopeText(envelope: Envelope): string {
  return `${JSON.stringify(envelope)}\n`
}

/** What was sealed, as text. */
export function contentOf({ payload }: Envelope): string {
  return Buffer.from(payload, 'base64').toString('utf8')
}

/**
 * The envelope that `text` holds, byte for byte as `envelopeText` writes it. Throws HarnessError
 * `certificate-not-read` when it is none, or was touched.
 */
export function parseEnvelope(text: string, path: string): Envelope {
  try {
    const envelope = envelopeSchema.parse(JSON.parse(text))
    if (envelopeText(envelope) === text) return envelope
    throw new Error('it is not as it was written')
  } catch (cause) {
    throw new HarnessError('certificate-not-read', `${path} is no certificate, or a damaged one.`, {
      hint: 'Give the file that `rehearse run --certificate PATH` wrote.',
      cause,
    })
  }
}

/** As Buffer writes it, so that no two texts stand for the same bytes. */
const base64 = z.string().refine((text) => Buffer.from(text, 'base64').toString('base64') === text)

const envelopeSchema = z.strictObject({
  payloadType: z.literal(payloadType),
  payload: base64,
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: base64 })).min(1),
})

function signatureOf(content: Pick<Envelope, 'payloadType' | 'payload'>, key: KeyObject): Signature {
  return { keyid: keyIdOf(key), sig: signBytes(null, encoded(content), key).toString('base64') }
}

/** What is signed: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function encoded({ payloadType: type, payload }: Pick<Envelope, 'payloadType' | 'payload'>): Buffer {
  const body = Buffer.from(payload, 'base64')
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body])
}
