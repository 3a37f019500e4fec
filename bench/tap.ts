/**
 * What the tap costs: each workload directly and through the tap, turn and turn about, the client in a
 * process of its own as a migrator is. Prints medians and their ratio; `node bench/tap.ts [runs]`.
 * Bar: 1,000 small statements of a migration at most 1.30, the large ones nothing noticeable.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Connection } from '../harness/postgres/connection.ts'
import { sharedServer, stopSharedServers } from '../harness/testing/server.ts'
import { observeFootprints } from '../harness/trace/footprints.ts'
import { observeLocks } from '../harness/trace/locks.ts'
import { openTap } from '../harness/trace/tap.ts'
import type { Workload } from './tap-client.ts'

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
  await compare('1,000 small statements of a migration', 'migration')
  await compare('the same, locks read after each statement', 'migration', inspected)
  await compare('the same, its own session asked after each', 'migration', followed)
  await compare('1,000 times select 1, nothing but round trips', 'round-trips')
  await compare('1,000 parameterised inserts', 'inserts')
  await compare('insert … select of 1,000,000 rows', 'large-statement')
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

async function compare(title: string, workload: Workload, tapped = through): Promise<void> {
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
  console.log(`${title.padEnd(46)}${cells.join('')}${ratio.toFixed(2).padStart(8)}`)
}

async function durationMs(workload: Workload, connection: Connection): Promise<number> {
  const child = fork(fileURLToPath(new URL('tap-client.ts', import.meta.url)))
  child.send({ workload, connection })
  const [duration] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return duration
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
