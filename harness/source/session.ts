import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { HarnessError, messageOf } from '../errors.ts'
import { applicationName } from '../postgres/client.ts'
import type { Source } from './source.ts'

/** How long a lock on the source is waited for: a migration that runs there must not wait behind us. */
export const lockTimeoutMs = 10_000

/** What every session on the source is opened with: it cannot write, and neither waits nor works without end. */
export function sessionOptions(statementTimeoutMs: number): string {
  return [
    'default_transaction_read_only=on',
    `lock_timeout=${lockTimeoutMs}`,
    `statement_timeout=${statementTimeoutMs}`,
    'idle_in_transaction_session_timeout=0',
  ]
    .map((setting) => `-c ${setting}`)
    .join(' ')
}

/**
 * Opens a read-only session on the source; every value comes as text. A password that the URL lacks is looked for as
 * libpq does (PGPASSWORD, PGPASSFILE, ~/.pgpass). Throws HarnessError `source-unreachable` or `source-refused`.
 */
export async function openSession(source: Source, statementTimeoutMs: number): Promise<Client> {
  const encrypted = await tlsOptions(source)
  try {
    return await connect(source, statementTimeoutMs, encrypted)
  } catch (error) {
    const withoutTls = source.tls.mode === 'prefer' && /does not support SSL/i.test(messageOf(error))
    if (!withoutTls) throw refusal(source, error)
    return await connect(source, statementTimeoutMs, false).catch((cause: unknown) => {
      throw refusal(source, cause)
    })
  }
}

type Tls = Exclude<ConstructorParameters<typeof Client>[0], string | undefined>['ssl']

async function connect({ connection }: Source, statementTimeoutMs: number, ssl: Tls): Promise<Client> {
  const { password, ...rest } = connection
  const client = new Client({
    ...rest,
    ...(password === '' ? {} : { password }),
    ssl,
    application_name: applicationName,
    options: sessionOptions(statementTimeoutMs),
    connectionTimeoutMillis: 10_000,
    // The session that holds the snapshot says nothing for as long as the dump takes.
    keepAlive: true,
    types: { getTypeParser: () => (text: string | Buffer) => String(text) },
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** `require` and `prefer` trust any certificate, as libpq does without a root certificate. */
async function tlsOptions({ tls, name }: Source): Promise<Tls> {
  if (tls.mode === 'disable' || tls.mode === 'allow') return false
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await readCertificate(name, path)
  const [ca, cert, key] = [await read(tls.rootCertificate), await read(tls.certificate), await read(tls.key)]
  const verified = tls.mode.startsWith('verify') || (tls.mode === 'require' && ca !== undefined)
  return {
    rejectUnauthorized: verified,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
}

async function readCertificate(name: string, path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HarnessError(
      'invalid-source',
      `The certificate ${path} of ${name} cannot be read: ${messageOf(cause)}.`,
      {
        hint: 'Correct sslrootcert, sslcert or sslkey in the URL.',
        cause,
      },
    )
  })
}

function refusal({ connection: { host, port, user, database }, name }: Source, cause: unknown): HarnessError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const where = `${name} (${host}:${port})`
  if (/^(28|3D|42|53)/.test(code) || /password/i.test(messageOf(cause))) {
    return new HarnessError(
      'source-refused',
      `${where} does not let ${user} into ${database}: ${messageOf(cause)}.`,
      {
        hint: 'Check role, password, database and pg_hba.conf; a role with pg_read_all_data is enough for a backup.',
        cause,
      },
    )
  }
  return new HarnessError('source-unreachable', `${where} cannot be reached: ${messageOf(cause)}.`, {
    hint: 'Check host, port, network and sslmode; `psql` with the same URL must work from here.',
    cause,
  })
}
