import { expect } from 'chai'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Conversation, Hooks } from './conversation.ts'
import { conversation, now } from './conversation.ts'
import type { MutableConnection } from './dialogue.ts'
import { injector } from './injection.ts'
import type { Recorder } from './recorder.ts'
import { recorder } from './recorder.ts'
import type { Statement } from './statement.ts'

type Side = 'client' | 'server'
type Line = readonly [Side, Buffer]

describe('conversation', () => {
  it('records a simple query with tag, rows and transaction status', () => {
    const { statements, connection } = told([
      ...greeted,
      client('Q', 'begin\0'),
      server('C', 'BEGIN\0'),
      ready('T'),
      client('Q', 'update t set a = 1\0'),
      server('C', 'UPDATE 7\0'),
      ready('T'),
    ])
    expect(brief(statements)).to.deep.equal([
      '1 simple "begin" completed BEGIN 0 in-transaction',
      '1 simple "update t set a = 1" completed UPDATE 7 7 in-transaction',
    ])
    expect(statements[0]?.backendPid).to.equal(4711)
    expect(connection.transaction).to.equal('in-transaction')
  })

  it('records one statement for each result of a string, and the one that failed', () => {
    const { statements } = told([
      ...greeted,
      client('Q', 'select 1; select 2; boom\0'),
      server('T', ''),
      server('D', ''),
      server('C', 'SELECT 1\0'),
      server('T', ''),
      server('D', ''),
      server('C', 'SELECT 1\0'),
      server(
        'E',
        fields({ S: 'FEHLER', V: 'ERROR', C: '42601', M: 'no', P: '21', D: 'd', H: 'h', t: 'tab' }),
      ),
      ready('I'),
    ])
    expect(statements.map(({ part, outcome }) => `${part} ${outcome}`)).to.deep.equal([
      '1 completed',
      '2 completed',
      '3 failed',
    ])
    expect(statements[2]?.error).to.deep.include({ severity: 'ERROR', code: '42601', position: 21 })
    expect(statements[2]?.error).to.deep.include({ detail: 'd', hint: 'h', table: 'tab', column: null })
  })

  it('shows the next part of a string as running until the server says that there is none', () => {
    const talk = opened()
    say(talk, [...greeted, client('Q', 'a; b\0'), server('C', 'SELECT 1\0')])
    expect(talk.inFlight().map(({ part }) => part)).to.deep.equal([2])
    say(talk, [ready('I')])
    expect([talk.inFlight().length, talk.records.statements.length]).to.deep.equal([0, 1])
  })

  it('records the extended protocol, counting parameters', () => {
    const { statements } = told([...greeted, ...prepared('', 'select $1, $2', 2, 'SELECT 3'), ready('I')])
    expect(brief(statements)).to.deep.equal(['1 extended "select $1, $2" completed SELECT 3 3 idle'])
    expect(statements[0]?.parameters).to.equal(2)
  })

  it('remembers prepared statements by name and gives each Execute its statement', () => {
    const talk = opened()
    say(talk, [
      ...greeted,
      client('P', 's1\0select 1\0', int16(0)),
      client('D', 'Ss1\0'),
      client('S', ''),
      server('1', ''),
      server('t', int16(0)),
      server('n', ''),
      ready('I'),
    ])
    expect(talk.records.statements).to.deep.equal([])
    const preparedAt = now()
    say(talk, [...executed('s1', 'SELECT 1'), ready('I'), ...executed('s1', 'SELECT 4'), ready('I')])
    const { statements } = talk.records
    expect(statements.map(({ text, rows }) => `${text} ${rows}`)).to.deep.equal(['select 1 1', 'select 1 4'])
    expect(statements[0]?.startedAt).to.be.at.least(preparedAt)
  })

  it('counts parsing in when it belongs to the same batch', () => {
    const talk = opened()
    say(talk, [...greeted, client('P', '\0select 1\0', int16(0)), server('1', '')])
    const parsedAt = now()
    say(talk, [...executed('', 'SELECT 1'), ready('I')])
    expect(talk.records.statements[0]?.startedAt).to.be.lessThan(parsedAt)
  })

  it('keeps the old text of a name when preparing it again fails', () => {
    const { statements } = told([
      ...greeted,
      client('P', 's1\0select 1\0', int16(0)),
      client('S', ''),
      server('1', ''),
      ready('I'),
      client('P', 's1\0select 2\0', int16(0)),
      client('S', ''),
      server('E', fields({ C: '42P05', M: 'exists' })),
      ready('I'),
      ...executed('s1', 'SELECT 1'),
      ready('I'),
    ])
    expect(brief(statements)).to.deep.equal([
      '1 extended "select 2" failed null 0 idle',
      '1 extended "select 1" completed SELECT 1 1 idle',
    ])
  })

  it('marks what follows an error in a pipeline as skipped, sent before or after the error was seen', () => {
    const { statements } = told([
      ...greeted,
      client('P', '\0good\0', int16(0)),
      ...bound(''),
      client('P', '\0bad\0', int16(0)),
      ...bound(''),
      client('P', '\0never\0', int16(0)),
      ...bound(''),
      server('1', ''),
      server('2', ''),
      server('C', 'SELECT 1\0'),
      server('E', fields({ C: '42P01', M: 'missing' })),
      client('P', '\0too late\0', int16(0)),
      ...bound(''),
      client('S', ''),
      ready('I'),
      client('Q', 'after\0'),
      server('C', 'SELECT 1\0'),
      ready('I'),
    ])
    expect(statements.map(({ text, outcome }) => `${text}: ${outcome}`)).to.deep.equal([
      'good: completed',
      'bad: failed',
      'never: skipped',
      'too late: skipped',
      'after: completed',
    ])
  })

  it('counts the rows of a suspended portal and goes on with the next Execute', () => {
    const { statements } = told([
      ...greeted,
      client('P', '\0select many\0', int16(0)),
      ...bound(''),
      client('S', ''),
      server('1', ''),
      server('2', ''),
      server('D', ''),
      server('D', ''),
      server('s', ''),
      ready('T'),
      client('E', '\0', int32(2)),
      client('S', ''),
      server('D', ''),
      server('C', 'SELECT 1\0'),
      ready('T'),
    ])
    expect(statements.map(({ text, outcome, rows }) => `${text} ${outcome} ${rows}`)).to.deep.equal([
      'select many suspended 2',
      'select many completed 1',
    ])
  })

  it('blames the last statement when the commit at Sync fails', () => {
    const { statements } = told([
      ...greeted,
      client('P', '\0insert\0', int16(0)),
      ...bound(''),
      client('S', ''),
      server('1', ''),
      server('2', ''),
      server('C', 'INSERT 0 1\0'),
      server('E', fields({ C: '23503', M: 'deferred', n: 'fk' })),
      ready('I'),
    ])
    expect(brief(statements)).to.deep.equal(['1 extended "insert" failed null 0 idle'])
    expect(statements[0]?.error?.constraint).to.equal('fk')
  })

  for (const early of [false, true]) {
    it(`follows COPY in the extended protocol, data sent ${early ? 'before' : 'after'} the server asks`, () => {
      const data = [client('d', 'x'.repeat(30)), client('c', ''), client('S', '')]
      const { statements, connection } = told([
        ...greeted,
        client('P', '\0copy t from stdin\0', int16(0)),
        ...bound(''),
        client('S', ''),
        ...(early ? data : []),
        server('1', ''),
        server('2', ''),
        server('G', Buffer.from([0]), int16(0)),
        ...(early ? [] : data),
        server('C', 'COPY 3\0'),
        ready('I'),
        client('Q', 'after\0'),
        server('C', 'SELECT 1\0'),
        ready('T'),
      ])
      expect(brief(statements)).to.deep.equal([
        '1 extended "copy t from stdin" completed COPY 3 3 idle',
        '1 simple "after" completed SELECT 1 1 in-transaction',
      ])
      expect(statements[0]?.copiedBytes).to.equal(30)
      expect(connection.transaction).to.equal('in-transaction')
    })
  }

  it('follows a COPY that fails, the client still sending', () => {
    const { statements } = told([
      ...greeted,
      client('Q', 'copy t from stdin\0'),
      server('G', Buffer.from([0]), int16(0)),
      client('d', 'bad'),
      server('E', fields({ C: '22P04', M: 'bad copy' })),
      ready('I'),
      client('d', 'more'),
      client('c', ''),
      ...prepared('', 'select 1', 0, 'SELECT 1'),
      ready('I'),
    ])
    expect(brief(statements)).to.deep.equal([
      '1 simple "copy t from stdin" failed null 0 idle',
      '1 extended "select 1" completed SELECT 1 1 idle',
    ])
  })

  it('follows COPY in both directions', () => {
    const { statements } = told([
      ...greeted,
      client('Q', 'START_REPLICATION 0/0\0'),
      server('W', Buffer.from([0]), int16(0)),
      server('d', 'wal!'),
      client('d', 'status'),
      client('c', ''),
      server('c', ''),
      server('C', 'COPY 0\0'),
      ready('I'),
    ])
    expect(statements[0]).to.deep.include({ outcome: 'completed', copiedBytes: 10 })
  })

  it('records function calls, notices and empty strings', () => {
    const { statements } = told([
      ...greeted,
      client('F', int32(1299), Buffer.alloc(8)),
      server('V', int32(-1)),
      ready('I'),
      client('Q', 'rollback\0'),
      server('N', fields({ S: 'WARNING', C: '25P01', M: 'there is no transaction in progress' })),
      server('C', 'ROLLBACK\0'),
      ready('I'),
      client('Q', '\0'),
      server('I', ''),
      ready('I'),
    ])
    expect(brief(statements)).to.deep.equal([
      '1 function-call "/* function call */ 1299" completed null 0 idle',
      '1 simple "rollback" completed ROLLBACK 0 idle',
      '1 simple "" completed null 0 idle',
    ])
    expect(statements[1]?.notices.map(({ code }) => code)).to.deep.equal(['25P01'])
  })

  it('gives an error without a statement to the connection', () => {
    const talk = opened()
    say(talk, [client('p', 'secret\0'), server('E', fields({ V: 'FATAL', C: '28P01', M: 'no entry' }))])
    talk.hangUp()
    expect(talk.records.statements).to.deep.equal([])
    expect(talk.connection.error).to.deep.include({ severity: 'FATAL', code: '28P01' })
  })

  it('loses what was running when the connection goes, also while it was only being parsed', () => {
    const { statements } = told([...greeted, client('P', '\0select from locked\0', int16(0))], true)
    expect(brief(statements)).to.deep.equal(['1 extended "select from locked" lost null 0 unknown'])
  })

  it('keeps texts and statements within limits and says so', () => {
    const talk = opened({}, { maxStatements: 2, maxTextBytes: 5, maxTotalTextBytes: 1000 })
    for (const text of ['12345', 'äöü€', 'third']) {
      say(talk, [client('Q', `${text}\0`), server('C', 'SELECT 1\0'), ready('I')])
    }
    const { statements, dropped } = talk.records
    expect(statements.map(({ text, textTruncated }) => [text, textTruncated])).to.deep.equal([
      ['12345', false],
      ['äö', true],
    ])
    expect(dropped).to.equal(1)
  })

  it('never keeps passwords, parameter values, rows or COPY data', () => {
    const talk = opened()
    say(talk, [
      client('p', 'hunter2\0'),
      ...greeted,
      client('P', '\0select $1\0', int16(0)),
      client('B', '\0\0', int16(0), int16(1), int32(7), 'hunter2', int16(0)),
      client('E', '\0', int32(0)),
      client('S', ''),
      server('1', ''),
      server('2', ''),
      server('D', int16(1), int32(7), 'hunter2'),
      server('C', 'SELECT 1\0'),
      ready('I'),
    ])
    expect(talk.records.statements[0]?.parameters).to.equal(1)
    expect(JSON.stringify([talk.records, talk.connection])).not.to.include('hunter2')
  })

  it('stops reading what is no protocol', () => {
    const talk = opened()
    say(talk, [['server', Buffer.from('HTTP\0\0\0\0')]])
    expect(talk.connection.readable).to.equal(false)
    say(talk, [client('Q', 'select 1\0')])
    expect(talk.records.statements).to.deep.equal([])
  })

  it('reads the same whatever the chunks', () => {
    const lines: Line[] = [
      ...greeted,
      client('Q', 'select 1; select 2\0'),
      server('D', 'x'.repeat(50)),
      server('C', 'SELECT 1\0'),
      server('C', 'SELECT 5\0'),
      ready('T'),
      ...prepared('s', 'select ü', 1, 'SELECT 2'),
      ready('T'),
      client('P', '\0bad\0', int16(0)),
      ...bound(''),
      client('S', ''),
      server('E', fields({ C: '42P01', M: 'missing', P: '4' })),
      ready('E'),
    ]
    const whole = timeless(told(lines).statements)
    expect(whole.length).to.equal(4)
    const bytes = lines.reduce((sum, [, line]) => sum + line.length, 0)
    for (let at = 1; at < bytes; at += 1) {
      expect(timeless(told(splitAt(lines, at)).statements), `split at ${at}`).to.deep.equal(whole)
    }
    const single = lines.flatMap(([side, line]) => [...line].map((byte): Line => [side, Buffer.from([byte])]))
    expect(timeless(told(single).statements)).to.deep.equal(whole)
    expect(timeless(told(joined(lines)).statements)).to.deep.equal(whole)
  })

  it('cuts before the statement that it is asked to', () => {
    const talk = opened({ onBeforeStatement: ({ text }) => (text === 'b' ? 'cut' : 'pass') })
    const chunk = Buffer.concat([client('Q', 'a\0')[1], client('Q', 'b\0')[1]])
    expect(talk.fromClient.read(chunk, 0)).to.deep.equal({ forward: 7, read: 14, act: 'cut' })
  })

  it('holds ReadyForQuery back while it is inspected, and the next round with it', async () => {
    const inspected = Promise.withResolvers<void>()
    const seen: unknown[] = []
    const talk = opened({
      inspect: (backendPid, statements) => {
        seen.push([backendPid, statements.map(({ text }) => text)])
        return inspected.promise
      },
    })
    say(talk, greeted)
    const pipeline = Buffer.concat([client('Q', 'a\0')[1], client('Q', 'b\0')[1]])
    const first = talk.fromClient.read(pipeline, 0)
    expect(first).to.deep.include({ forward: 7, read: 7 })
    const reply = Buffer.concat([server('C', 'BEGIN\0')[1], ready('T')[1]])
    const step = talk.fromServer.read(reply, 0)
    expect(step).to.deep.include({ forward: 11, read: 17 })
    const acts = [first, step].map(({ act }) => (typeof act === 'function' ? act() : undefined))
    expect(seen).to.deep.equal([[4711, ['a']]])
    const winner = await Promise.race([...acts, delay(10, 'still held')])
    expect(winner).to.equal('still held')
    inspected.resolve()
    await Promise.all(acts)
    expect(talk.fromClient.read(pipeline, 7)).to.deep.include({ forward: 14, read: 14 })
  })
})

type Opened = Conversation & { readonly records: Recorder; readonly connection: MutableConnection }

function opened(hooks: Partial<Hooks> = {}, limits: Partial<Parameters<typeof recorder>[0]> = {}): Opened {
  const all = { maxStatements: 100, maxTextBytes: 1000, maxTotalTextBytes: 10_000, ...limits }
  const records = recorder(all)
  const connection: MutableConnection = {
    connection: 1,
    backendPid: 0,
    user: null,
    database: null,
    applicationName: null,
    transaction: 'unknown',
    open: true,
    cancelRequest: false,
    readable: true,
    error: null,
  }
  const talk = conversation(
    connection,
    records,
    { ...all, onInspectionFailed: () => {}, ...hooks },
    injector(connection, new Socket(), new Socket()),
  )
  return { ...talk, records, connection }
}

function say(talk: Conversation, lines: readonly Line[]): void {
  for (const [side, bytes] of lines) {
    const step = side === 'client' ? talk.fromClient.read(bytes, 0) : talk.fromServer.read(bytes, 0)
    expect(step.forward).to.equal(bytes.length)
  }
}

function told(lines: readonly Line[], hangUp = false) {
  const talk = opened()
  say(talk, lines)
  if (hangUp) talk.hangUp()
  return { statements: talk.records.statements, connection: talk.connection }
}

function brief(statements: readonly Statement[]): string[] {
  return statements.map(
    ({ part, protocol, text, outcome, tag, rows, transaction }) =>
      `${part} ${protocol} "${text}" ${outcome} ${tag} ${rows} ${transaction}`,
  )
}

function timeless(statements: readonly Statement[]) {
  return statements.map((statement) => ({ ...statement, startedAt: 0, durationMs: 0 }))
}

function splitAt(lines: readonly Line[], at: number): Line[] {
  let passed = 0
  return lines.flatMap(([side, line]): Line[] => {
    const local = at - passed
    passed += line.length
    if (local <= 0 || local >= line.length) return [[side, line]]
    return [
      [side, line.subarray(0, local)],
      [side, line.subarray(local)],
    ]
  })
}

/** Neighbouring lines of one side in one chunk. */
function joined(lines: readonly Line[]): Line[] {
  const chunks: Line[] = []
  for (const [side, line] of lines) {
    const last = chunks.at(-1)
    if (last?.[0] === side) chunks[chunks.length - 1] = [side, Buffer.concat([last[1], line])]
    else chunks.push([side, line])
  }
  return chunks
}

function message(type: string, parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

function client(type: string, ...body: readonly (Buffer | string)[]): Line {
  return ['client', message(type, body)]
}

function server(type: string, ...body: readonly (Buffer | string)[]): Line {
  return ['server', message(type, body)]
}

function ready(status: 'I' | 'T' | 'E'): Line {
  return server('Z', status)
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeInt16BE(value)
  return buffer
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

function fields(values: Readonly<Record<string, string>>): string {
  return `${Object.entries(values)
    .map(([key, value]) => `${key}${value}\0`)
    .join('')}\0`
}

const greeted: readonly Line[] = [
  server('R', int32(0)),
  server('K', int32(4711), int32(99)),
  server('Z', 'I'),
]

function bound(name: string): Line[] {
  return [client('B', `\0${name}\0`, int16(0), int16(0), int16(0)), client('E', '\0', int32(0))]
}

function executed(name: string, tag: string): Line[] {
  return [...bound(name), client('S', ''), server('2', ''), server('C', `${tag}\0`)]
}

function prepared(name: string, text: string, parameters: number, tag: string): Line[] {
  const values = Array.from({ length: parameters }, () => Buffer.concat([int32(1), Buffer.from('v')]))
  return [
    client('P', `${name}\0${text}\0`, int16(0)),
    client('B', `\0${name}\0`, int16(1), int16(1), int16(parameters), ...values, int16(0)),
    client('D', 'P\0'),
    client('E', '\0', int32(0)),
    client('S', ''),
    server('1', ''),
    server('2', ''),
    server('T', int16(0)),
    server('C', `${tag}\0`),
  ]
}
