/** What a client says first. `bytes` is the packet's size; `unreadable` is none of the protocol's packets. */
export type Startup =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'encryption' | 'cancel' | 'unreadable'; readonly bytes: number }
  | {
      readonly kind: 'startup'
      readonly bytes: number
      readonly user: string | null
      readonly database: string | null
      readonly applicationName: string | null
    }

/** Reads the first packet in `buffer`: the only ones without a type byte. Any 3.x version is welcome. */
export function readStartup(buffer: Buffer): Startup {
  if (buffer.length < 4) return { kind: 'incomplete' }
  const bytes = buffer.readUInt32BE(0)
  // The server's own limit (MAX_STARTUP_PACKET_LENGTH); a TLS ClientHello looks like a length far above it.
  if (bytes < 8 || bytes > 10_000) return { kind: 'unreadable', bytes: buffer.length }
  if (buffer.length < bytes) return { kind: 'incomplete' }
  const code = buffer.readUInt32BE(4)
  if (code === sslRequest || code === gssEncRequest) return { kind: 'encryption', bytes }
  if (code === cancelRequest) return { kind: 'cancel', bytes }
  if (code >>> 16 !== 3) return { kind: 'unreadable', bytes: buffer.length }
  return { kind: 'startup', bytes, ...parametersIn(buffer.subarray(8, bytes)) }
}

const cancelRequest = 80_877_102
const sslRequest = 80_877_103
const gssEncRequest = 80_877_104

function parametersIn(body: Buffer) {
  const texts = body.toString('utf8').split('\0')
  const values = new Map<string, string>()
  for (let index = 0; index + 1 < texts.length && texts[index] !== ''; index += 2) {
    values.set(texts[index] ?? '', texts[index + 1] ?? '')
  }
  const user = values.get('user') ?? null
  return {
    user,
    database: values.get('database') ?? user,
    applicationName: values.get('application_name') ?? null,
  }
}
