import { readFile } from 'node:fs/promises'
import { contentOf, parseEnvelope, type Envelope } from '../certificate/envelope.ts'
import { parseCertificate, type Certificate } from '../certificate/statement.ts'
import { HarnessError, messageOf } from '../errors.ts'

/** The certificate at `path`, unverified. Throws HarnessError `certificate-not-read`. */
export async function readCertificate(
  path: string,
): Promise<{ readonly envelope: Envelope; readonly certificate: Certificate }> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HarnessError('certificate-not-read', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'A rehearsal leaves a certificate only when it passes: rehearse run --certificate PATH.',
      cause,
    })
  })
  const envelope = parseEnvelope(text, path)
  return { envelope, certificate: parseCertificate(contentOf(envelope), path) }
}
