import type { Client } from 'pg'
import { connect } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { ownStatementPrefix } from '../postgres/own-statement.ts'
import type { RoundHooks } from './conversation.ts'
import type { Before, Footprint } from './footprint.ts'
import { changeOf } from './footprint.ts'
import type { OwnSession } from './injection.ts'
import { growthOf, type Growth, type Sized } from './growth.ts'
import { isControl, runsAlone } from './runs-alone.ts'
import { beginSampling } from './sampled-footprint.ts'
import type { Sampling } from './sampled-footprint.ts'
import type { RelationState } from './session-state.ts'
import { flushCounters, readHeld, readOwnRelations, readRelations, readSizes } from './session-state.ts'
import type { Statement } from './statement.ts'

export interface FootprintObserver {
  /** To be given to the tap as its option of that name. */
  readonly rounds: RoundHooks
  /** In the order in which the statements ended; live. */
  readonly footprints: readonly Footprint[]
  close(): Promise<void>
}

/**
 * Takes down what every round of statements does to the relations of one database, from within its own
 * transaction, through the client's session. A statement sent outside a block gets a block of its own around
 * it, unknown to the client, unless it cannot run in one (CREATE INDEX CONCURRENTLY, VACUUM): then its locks are
 * polled from outside. Costs a few milliseconds a statement, so its run is not the one to measure durations in.
 * Not seen: statements that an error undid, and rounds that end a transaction they also work in.
 */
export async function observeFootprints(database: Connection): Promise<FootprintObserver> {
  const watch = await connect(database)
  const footprints: Footprint[] = []
  const open = new Map<number, OpenTransaction>()
  let transactions = 0
  let sizes = await readSizes(watch)

  async function before(session: OwnSession, sql: string | null): Promise<void> {
    transactions += 1
    const transaction = start(transactions, await flushCounters(session))
    open.set(session.backendPid, transaction)
    if (sql === null || (runsAlone(sql) && !isControl(sql))) {
      transaction.sampling = await beginSampling(watch, session.backendPid)
    } else if (!isControl(sql)) {
      await session.query(`${ownStatementPrefix} begin`)
      transaction.isOurs = true
    }
  }

  async function after(session: OwnSession, statements: readonly Statement[]): Promise<void> {
    const transaction = open.get(session.backendPid)
    if (transaction === undefined) return
    const common = { statements, transaction: transaction.number }
    try {
      if (transaction.sampling !== undefined) {
        if (session.transaction === 'idle') await flushCounters(session)
        const sampled = await transaction.sampling.end()
        const before = sizes
        sizes = session.transaction === 'idle' ? await readSizes(watch) : sizes
        const growth = grown(before, sizes)
        footprints.push({ ...common, seen: 'sampled', ...sampled, growth })
        transaction.sampling = undefined
      } else if (
        session.transaction === 'in-transaction' &&
        statements.some(({ text }) => !isControl(text))
      ) {
        footprints.push({
          ...common,
          seen: 'inside',
          ...(await changes({ watch, session, sizes }, transaction)),
        })
      }
    } finally {
      if (transaction.isOurs) await finish(session)
      if (session.transaction === 'idle') open.delete(session.backendPid)
    }
  }

  return { rounds: { before, after }, footprints, close: () => watch.end() }
}

interface OpenTransaction {
  readonly number: number
  /** A block that the client knows nothing of. */
  isOurs: boolean
  sampling: Sampling | undefined
  /** Relations that were looked up; those without an original were made by the transaction. */
  readonly asked: Set<number>
  before: Before
}

const start = (number: number, walBytes: number): OpenTransaction => ({
  number,
  isOurs: false,
  sampling: undefined,
  asked: new Set(),
  before: { state: { locks: [], walBytes }, relations: new Map(), original: new Map() },
})

interface Readers {
  readonly watch: Client
  readonly session: OwnSession
  /** As they were last read; the only ones who change them are those that are followed. */
  readonly sizes: Map<number, Sized>
}

async function changes({ watch, session, sizes }: Readers, transaction: OpenTransaction) {
  const { state, relations, original } = transaction.before
  const held = await readHeld(session)
  const unknown = held.locks.map(({ oid }) => oid).filter((oid) => !transaction.asked.has(oid))
  for (const oid of unknown) transaction.asked.add(oid)
  // What the transaction has done is not committed, so another session still sees what was there before it.
  const committed = unknown.length === 0 ? [] : await readRelations(watch, unknown)
  const added = committed.map((it) => {
    const { bytes = null, toastBytes = 0 } = sizes.get(it.oid) ?? {}
    return [it.oid, { ...it, bytes, toastBytes, dead: 0, scanned: 0, written: 0 }] as const
  })
  const before = {
    state,
    relations: new Map<number, RelationState>([...relations, ...added]),
    original: new Map<number, RelationState>([...original, ...added]),
  }
  const made = held.locks.map(({ oid }) => oid).filter((oid) => !before.original.has(oid))
  const known = [...before.original.keys()]
  const after = { ...held, relations: await readOwnRelations(session, known, made) }
  const there = after.relations.map((it) => [it.oid, it] as const)
  for (const [oid, it] of there) sizes.set(oid, it)
  transaction.before = { ...before, state: after, relations: new Map(there) }
  return changeOf(before, after)
}

/** What a statement left behind that ran alone, as another session sees it. */
function grown(before: ReadonlyMap<number, Sized>, after: ReadonlyMap<number, Sized>): Growth[] {
  if (before.size === 0 || after.size === 0) return []
  const tables = new Set([...before.values()].map(({ schema, name }) => `${schema}.${name}`))
  const pairs = [...after.values()].map((is) => ({ was: before.get(is.oid), is }))
  const gone = [...before.values()].filter(({ oid }) => !after.has(oid))
  return growthOf([
    ...pairs.filter(({ was, is }) => was !== undefined || tables.has(is.table ?? '')),
    ...gone.map((was) => ({ was, is: undefined })),
  ])
}

async function finish(session: OwnSession): Promise<void> {
  const how = session.transaction === 'failed' ? 'rollback' : 'commit'
  if (session.transaction !== 'idle') await session.query(`${ownStatementPrefix} ${how}`)
}
