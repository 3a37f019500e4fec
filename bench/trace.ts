/**
 * What the tap costs: each workload directly and through the tap, turn and turn about, the client in a
 * process of its own as a migrator is. Prints medians and their ratio; `node bench/trace.ts [runs]`.
 * Bar: 1,000 small statements of a migration at most 1.30, the large ones nothing noticeable (1.10); beyond them it exits
 * with 1. The looks after each statement have none: they slow down a run of their own, in which nothing is timed.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Connection } from '../harness/postgres/connection.ts'
import { sharedServer, stopSharedServers } from '../harness/testing/server.ts'
import { observeFootprints } from '../harness/trace/footprints.ts'
import { observeLocks } from '../harness/trace/locks.ts'
import { openTap } from '../harness/trace/tap.ts'
import type { Workload } from './trace-client.ts'

const runs = Number(process.argv[2] ?? 9)
const database = 'bench_tap'
const server = await sharedServer()
await server.createDatabase(database)
const direct = server.connection(database)
const tap = await openTap(direct)
const through = { ...direct, host: tap.host, port: tap.port }
const observer = await observeLocks(direct)
const inspecting = await openTap(direct, { inspect: observer.inspect })
const footprints = await observeFootprints(direct)
const following = await openTap(direct, { rounds: footprints.rounds })
const followed = { ...direct, host: following.host, port: following.port }
const inspected = { ...direct, host: inspecting.host, port: inspecting.port }

try {
  console.log(`${'workload'.padEnd(46)}${'direct'.padStart(11)}${'tap'.padStart(11)}${'ratio'.padStart(8)}`)
  await compare('1,000 small statements of a migration', 'migration', { bar: 1.3 })
  await compare('the same, locks read after each statement', 'migration', { tapped: inspected })
  await compare('the same, its own session asked after each', 'migration', { tapped: followed })
  await compare('1,000 times select 1, nothing but round trips', 'round-trips')
  await compare('1,000 parameterised inserts', 'inserts')
  await compare('insert … select of 1,000,000 rows', 'large-statement', { bar: 1.1 })
  await compare('the same, its own session asked after it', 'large-statement', { tapped: followed })
  await compare('COPY of 200 MB from the client', 'copy-in')
  await compare('COPY of 200 MB to the client', 'copy-out')
  await compare('1,000,000 rows to the client', 'rows')
} finally {
  await tap.close()
  await inspecting.close()
  await observer.close()
  await following.close()
  await footprints.close()
  await stopSharedServers()
}

async function compare(
  title: string,
  workload: Workload,
  { tapped = through, bar = Infinity }: { tapped?: Connection; bar?: number } = {},
): Promise<void> {
  const bare: number[] = []
  const other: number[] = []
  await durationMs(workload, direct)
  await durationMs(workload, tapped)
  for (let run = 0; run < runs; run += 1) {
    bare.push(await durationMs(workload, direct))
    other.push(await durationMs(workload, tapped))
  }
  const cells = [median(bare), median(other)].map((value) => `${value.toFixed(1)} ms`.padStart(11))
  const ratio = median(other) / median(bare)
  const verdict = bar === Infinity ? '' : ratio <= bar ? `  (bar ${bar})` : `  ABOVE THE BAR OF ${bar}`
  console.log(`${title.padEnd(46)}${cells.join('')}${ratio.toFixed(2).padStart(8)}${verdict}`)
  if (ratio > bar) process.exitCode = 1
}

async function durationMs(workload: Workload, connection: Connection): Promise<number> {
  const child = fork(fileURLToPath(new URL('trace-client.ts', import.meta.url)))
  child.send({ workload, connection })
  const [duration] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return duration
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
