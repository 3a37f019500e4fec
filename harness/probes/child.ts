import { startCanary, type Canary } from './canary.ts'
import { now } from './clock.ts'
import { watchLag } from './lag.ts'
import type { Answer, Order } from './protocol.ts'
import { openReader, type LongReader } from './reader.ts'
import type { Session } from './session.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { watchWaits } from './waits.ts'

/**
 * The probing child process: takes Orders over IPC and answers. It is apart from the harness so that nothing the
 * harness does meanwhile is taken for a stall; what it itself is late by is recorded too.
 */
process.on('message', (order: Order) => void obey(order).catch(fail))

// The parent was killed: nobody is left to hear.
process.on('disconnect', () => process.exit(1))

type Start = Extract<Order, { kind: 'start' }>

let stop: (() => Promise<Answer>) | undefined
let hold: ((reads: readonly string[]) => Promise<LongReader>) | undefined
let reader: LongReader | undefined

async function obey(order: Order): Promise<void> {
  if (order.kind === 'start') {
    await start(order)
    send({ kind: 'probing' })
  } else if (order.kind === 'hold') {
    await reader?.close()
    reader = await hold?.(order.reads)
    send({ kind: 'holding' })
  } else if (order.kind === 'release') {
    reader?.releaseAfter(order.afterMs)
  } else {
    const answer = await stop?.()
    if (answer !== undefined) send(answer, () => process.exit(0))
  }
}

async function start({ connection, targets, intervalMs, traffic }: Start): Promise<void> {
  const probes = targets.flatMap(({ name, readSql, writeSql }) => [
    { table: name, kind: 'reads' as const, sql: readSql },
    ...(writeSql === null ? [] : [{ table: name, kind: 'writes' as const, sql: writeSql }]),
  ])
  const canaries: Canary[] = []
  let users: Traffic | undefined
  const ours = () => [...canaries.map(({ session }) => session), ...(users?.sessions ?? [])]
  const waits = await watchWaits(connection, {
    somebodyWaits: () => reader !== undefined || somebodyWaits(ours()),
    onDeadlock: (pid) => {
      ours()
        .find((session) => session.pid === pid)
        ?.giveWay()
    },
    roleOf: (pid) => {
      if (pid === reader?.pid) return 'reader'
      if (canaries.some(({ session }) => session.pid === pid)) return 'probe'
      return users?.sessions.some((session) => session.pid === pid) === true ? 'traffic' : undefined
    },
  })
  const offset = intervalMs / Math.max(1, probes.length)
  for (const [index, probe] of probes.entries()) {
    canaries.push(await startCanary(connection, { ...probe, intervalMs, offsetMs: index * offset }))
  }
  users = traffic === null ? undefined : await startTraffic(connection, traffic)
  const lag = watchLag(now)
  const startedAt = now()
  hold = (reads) => openReader(connection, reads)
  stop = async () => {
    await reader?.close()
    const series = await Promise.all(canaries.map((canary) => canary.stop()))
    const recorded = (await users?.stop()) ?? []
    await waits.stop()
    lag.stop()
    const { lags } = lag
    return {
      kind: 'report',
      startedAt,
      endedAt: now(),
      series,
      lags,
      waits: waits.samples,
      traffic: recorded,
    }
  }
}

/** A query out for longer than usual: only then is the server asked who waits for whom. */
function somebodyWaits(sessions: readonly Session[]): boolean {
  const at = now()
  return sessions.some(({ busySince }) => busySince !== null && at - busySince > 30)
}

function send(answer: Answer, then: () => void = () => {}): void {
  if (process.send === undefined || !process.connected) then()
  else process.send(answer, undefined, undefined, then)
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  send({ kind: 'failed', message }, () => process.exit(1))
}
