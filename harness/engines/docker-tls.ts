import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, type ConnectionOptions } from 'node:tls'
import { HarnessError, messageOf } from '../errors.ts'

/** `ca.pem`, `cert.pem` and `key.pem` in a directory, as Docker names them. */
export interface TlsFiles {
  readonly directory: string
  /** Whether the engine must show a certificate that `ca.pem` signed. */
  readonly verify: boolean
  /** A context may hold only some of the files; what DOCKER_CERT_PATH leads to must be whole. */
  readonly optional: boolean
}

/**
 * What `tls.connect` needs for an engine at `url`. Throws HarnessError `docker-certificates` when a file is missing,
 * unreadable, expired or no certificate, or the key is another's.
 */
export async function tlsOptions(url: URL, files: TlsFiles): Promise<ConnectionOptions> {
  const ca = await read(files, 'ca.pem', !files.verify || files.optional)
  const cert = await read(files, 'cert.pem', files.optional)
  const key = await read(files, 'key.pem', files.optional)
  for (const [name, content] of [
    ['ca.pem', ca],
    ['cert.pem', cert],
  ] as const)
    if (content !== undefined) requireValid(join(files.directory, name), content)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const material = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  try {
    createSecureContext(material)
  } catch (cause) {
    throw unusable(`cert.pem and key.pem in ${files.directory} do not go together: ${messageOf(cause)}`)
  }
  return {
    ...material,
    host,
    port: Number(url.port || 2376),
    servername: isIP(host) === 0 ? host : '',
    rejectUnauthorized: files.verify,
  }
}

/** What a failed TLS connection to an engine means, and what to do; undefined for other failures. */
export function tlsProblem(error: unknown, directory: string): { why: string; hint: string } | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const hint = "Renew the engine's certificate; or one of the two clocks is wrong."
    return { why: `its certificate is not valid today (${code})`, hint }
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const hint =
      'Use a name that the certificate has, or issue one with this name or address (subjectAltName).'
    return { why: `its certificate is for another name: ${messageOf(error)}`, hint }
  }
  if (/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE/.test(code)) {
    const hint = `Take ca.pem of the authority that signed the engine's certificate; if it is the right one, somebody else answers there.`
    return { why: `its certificate is not signed by ca.pem in ${directory} (${code})`, hint }
  }
  if (/ERR_SSL_.*ALERT/.test(code)) {
    const hint = `The engine trusts another authority than that of cert.pem in ${directory}, or the certificate was revoked: ask for a new one.`
    return { why: `it refuses our certificate (${code})`, hint }
  }
  if (/ERR_SSL_(?:WRONG_VERSION|PACKET_LENGTH|UNSUPPORTED_PROTOCOL|HTTP_REQUEST)/.test(code)) {
    const hint =
      'Check the port (2376 by custom), or unset DOCKER_TLS_VERIFY if the engine really has no TLS.'
    return { why: `it speaks no TLS there (${code})`, hint }
  }
  return undefined
}

async function read(files: TlsFiles, name: string, optional: boolean): Promise<Buffer | undefined> {
  const path = join(files.directory, name)
  try {
    return await readFile(path)
  } catch (cause) {
    if (optional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(`${path} cannot be read: ${messageOf(cause)}`)
  }
}

function requireValid(path: string, pem: Buffer): void {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch (cause) {
    throw unusable(`${path} holds no certificate: ${messageOf(cause)}`)
  }
  const now = Date.now()
  if (Date.parse(certificate.validTo) < now) throw unusable(`${path} expired on ${certificate.validTo}`)
  if (Date.parse(certificate.validFrom) > now)
    throw unusable(`${path} is valid only from ${certificate.validFrom}`)
}

function unusable(message: string): HarnessError {
  return new HarnessError('docker-certificates', `${message}.`, {
    hint: 'Point DOCKER_CERT_PATH at a directory with ca.pem, cert.pem and key.pem for this engine, or make the context again.',
  })
}
