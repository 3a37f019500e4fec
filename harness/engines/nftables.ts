/**
 * What to send to netfilter (a NETLINK_NETFILTER socket with CAP_NET_ADMIN) so that a network namespace opens no
 * connection any more: packets that leave belong to a connection that came in, or stay on the loopback interface,
 * Docker's name server there apart, which would ask others. Of a connection that was there before, the kernel knows
 * nothing, and takes Postgres' answer for the beginning of one: what leaves from its port passes, unless it really
 * begins one. `refusal`: whoever tries hears it at once, and does not
 * wait until the time is up; not every kernel has it. One transaction; `acknowledged` messages are answered
 * with an error code of their own. Byte order is that of little-endian machines.
 * https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/include/uapi/linux/netfilter/nf_tables.h
 */
export function blockOutput({ refusal }: { refusal: boolean }): {
  readonly messages: Buffer
  readonly acknowledged: number
} {
  const rules = [
    [
      payload({ header: 'network', offset: 16, length: 4 }),
      compare('equal', Buffer.from([127, 0, 0, 11])),
      verdict('drop'),
    ],
    [meta(metaKeys.outputInterface), compare('equal', hostOrder(loopback)), verdict('accept')],
    [
      meta(metaKeys.protocol),
      compare('equal', Buffer.from([tcp])),
      payload({ header: 'transport', offset: 0, length: 2 }),
      compare('equal', Buffer.from([postgresPort >> 8, postgresPort & 0xff])),
      payload({ header: 'transport', offset: 13, length: 1 }),
      mask(Buffer.from([tcpFlags.syn | tcpFlags.ack])),
      compare('not equal', Buffer.from([tcpFlags.syn])),
      verdict('accept'),
    ],
    [
      connectionState(),
      mask(hostOrder(incomingStates)),
      compare('not equal', hostOrder(0)),
      verdict('accept'),
    ],
    ...(refusal ? [[reject()]] : []),
  ]
  const changes = [
    message(messageTypes.newTable, create, [text(1, tableName)]),
    message(messageTypes.newChain, create, chain()),
    ...rules.map((expressions) => message(messageTypes.newRule, create | append, rule(expressions))),
  ]
  const all = [batch(messageTypes.batchBegin), ...changes, batch(messageTypes.batchEnd)]
  for (const [sequence, bytes] of all.entries()) bytes.writeUInt32LE(sequence, 8)
  return { messages: Buffer.concat(all), acknowledged: changes.length }
}

const tableName = 'pg_rehearsal'
const chainName = 'output'
const subsystem = 10
const messageTypes = {
  batchBegin: 0x10,
  batchEnd: 0x11,
  newTable: subsystem << 8,
  newChain: (subsystem << 8) | 3,
  newRule: (subsystem << 8) | 6,
}
/** NLM_F_ACK and NLM_F_CREATE; NLM_F_APPEND. */
const create = 0x404
const append = 0x800
/** The index of `lo` in every network namespace. */
const loopback = 1
const metaKeys = { outputInterface: 5, protocol: 16 }
const tcp = 6
const tcpFlags = { syn: 2, ack: 16 }
const postgresPort = 5432
/** Established, related, and untracked: answers of IPv6 neighbours are not tracked, and nothing else is. */
const incomingStates = 2 | 4 | 64
const register = 1

function chain(): Buffer[] {
  const hookLocalOut = nested(4, [number(1, 3), number(2, 0)])
  const policyDrop = number(5, 0)
  return [text(1, tableName), text(3, chainName), hookLocalOut, policyDrop, text(7, 'filter')]
}

function rule(expressions: readonly Buffer[]): Buffer[] {
  return [text(1, tableName), text(2, chainName), nested(4, expressions)]
}

/** Where a header begins, as payload expressions count. */
const headers = { network: 1, transport: 2 }

function payload({
  header,
  offset,
  length,
}: {
  header: keyof typeof headers
  offset: number
  length: number
}): Buffer {
  return expression('payload', [
    number(1, register),
    number(2, headers[header]),
    number(3, offset),
    number(4, length),
  ])
}

function meta(key: number): Buffer {
  return expression('meta', [number(1, register), number(2, key)])
}

function connectionState(): Buffer {
  return expression('ct', [number(1, register), number(2, 0)])
}

function mask(bits: Buffer): Buffer {
  const none = Buffer.alloc(bits.length)
  const operands = [nested(4, [attribute(1, bits)]), nested(5, [attribute(1, none)])]
  return expression('bitwise', [
    number(1, register),
    number(2, register),
    number(3, bits.length),
    ...operands,
  ])
}

function compare(how: 'equal' | 'not equal', value: Buffer): Buffer {
  const operation = number(2, how === 'equal' ? 0 : 1)
  return expression('cmp', [number(1, register), operation, nested(3, [attribute(1, value)])])
}

function verdict(what: 'drop' | 'accept'): Buffer {
  const code = nested(2, [number(1, what === 'drop' ? 0 : 1)])
  return expression('immediate', [number(1, 0), nested(2, [code])])
}

/** As an administrator's prohibition, by ICMP of either version. */
function reject(): Buffer {
  return expression('reject', [number(1, 2), attribute(2, Buffer.from([3]))])
}

function expression(name: string, data: readonly Buffer[]): Buffer {
  return nested(1, [text(1, name), nested(2, data)])
}

function batch(type: number): Buffer {
  return message(type, 0, [], { family: 0, resource: subsystem })
}

/** A netlink message; its sequence number is filled in later. Of family `inet`, which is both IPv4 and IPv6. */
function message(
  type: number,
  flags: number,
  attributes: readonly Buffer[],
  { family, resource } = { family: 1, resource: 0 },
): Buffer {
  const body = Buffer.concat(attributes)
  const header = Buffer.alloc(20)
  header.writeUInt32LE(header.length + body.length, 0)
  header.writeUInt16LE(type, 4)
  header.writeUInt16LE(flags | 1, 6)
  header.writeUInt8(family, 16)
  header.writeUInt16BE(resource, 18)
  return Buffer.concat([header, body])
}

function nested(type: number, content: readonly Buffer[]): Buffer {
  return attribute(type | 0x8000, Buffer.concat(content))
}

function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`))
}

/** In network order, as netfilter takes its numbers. */
function number(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return attribute(type, bytes)
}

/** In the machine's own order, as registers hold it. */
function hostOrder(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Padded to four bytes; the length is that without padding. */
function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3)
  bytes.writeUInt16LE(4 + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  value.copy(bytes, 4)
  return bytes
}
