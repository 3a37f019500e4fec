import { HarnessError } from '../errors.ts'
import type { Connection } from '../postgres/connection.ts'
import { parseUrl } from '../postgres/url.ts'

/** A live server that a backup is taken from, and nothing else is ever done to. */
export interface Source {
  readonly connection: Connection
  /** How it is called in messages: the variable, or host and port; never its URL. */
  readonly name: string
  /** As libpq knows them; paths are those of this machine. */
  readonly tls: {
    readonly mode: TlsMode
    readonly rootCertificate: string | undefined
    readonly certificate: string | undefined
    readonly key: string | undefined
  }
}

const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

export type TlsMode = (typeof tlsModes)[number]

/** The server that a postgres URL names, with its `sslmode` and certificates. Throws HarnessError `invalid-source`. */
export function sourceOf(url: string, name: string): Source {
  const connection = parseUrl(url)
  if (connection === undefined) throw invalid(name, 'is not a postgres URL')
  const parameters = new URL(url).searchParams
  const mode = parameters.get('sslmode') ?? 'prefer'
  const known = tlsModes.find((each) => each === mode)
  if (known === undefined)
    throw invalid(name, `has the sslmode ${mode}, which is none of ${tlsModes.join(', ')}`)
  if (connection.host.includes(',')) throw invalid(name, 'names several hosts')
  return {
    connection,
    name,
    tls: {
      mode: known,
      rootCertificate: parameters.get('sslrootcert') ?? undefined,
      certificate: parameters.get('sslcert') ?? undefined,
      key: parameters.get('sslkey') ?? undefined,
    },
  }
}

function invalid(name: string, why: string): HarnessError {
  return new HarnessError('invalid-source', `${name} ${why}.`, {
    hint: 'Give one server: postgresql://USER@HOST:PORT/DATABASE, with the password in a variable or in a password file.',
  })
}
