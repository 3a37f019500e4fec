/**
 * How close a fleet's makespan comes to what is possible: at least the total work by the workers, and at least the
 * longest database. The program's own scheduling and sharding are run against a clock of their own, on durations of
 * 1,000 databases: lognormal with the median and the spread of those in a fleet's report, the seed fixed.
 *
 *     node bench/fleet-makespan.ts [--report DIR] [--databases 1000] [--workers 20] [--seed 1]
 *
 * Exits 1 when a way that is told the durations, or balances itself, takes more than 1.10 of that bound.
 */
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { inOrder, inParallel } from '../harness/fleet/schedule.ts'
import { shardOf, type Durations } from '../harness/fleet/shard.ts'
import { readDocuments } from '../harness/fleet/stored.ts'
import { median } from '../harness/median.ts'

const bar = 1.1

/** Of 60 small databases on one machine: median and standard deviation of the logarithm. */
const recorded = { medianMs: 8_800, sigma: 0.35 }

const { values } = parseArgs({
  options: {
    report: { type: 'string' },
    databases: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
})
const workers = Number(values.workers)
const random = mulberry32(Number(values.seed))

/** A clock that goes on when everybody who looks at it waits. */
class VirtualClock {
  #now = 0
  #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  get now(): number {
    return this.#now
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + ms, wake })
    })
  }

  /** Runs `work` to its end; returns how long it took. */
  async run(work: Promise<unknown>): Promise<number> {
    const state = { done: false }
    void work.finally(() => (state.done = true))
    for (;;) {
      // Whoever was woken has then asked for its next sleep.
      await setImmediate()
      if (state.done) return this.#now
      const next = this.#sleepers.toSorted((one, other) => one.at - other.at)[0]
      if (next === undefined) throw new Error('nobody waits, and the work is not done')
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      this.#now = next.at
      next.wake()
    }
  }
}
