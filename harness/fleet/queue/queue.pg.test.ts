import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { urlOf } from '../../postgres/url.ts'
import { fleetResult } from '../../testing/fleet.ts'
import { sharedServer } from '../../testing/server.ts'
import { withTemporary } from '../../testing/temporary.ts'
import type { Fleet } from '../fleet.ts'
import { cancel } from './cancel.ts'
import { claimNext, giveBack, isEmpty, keepClaim, settle, type Claim } from './claim.ts'
import { givenUp } from './given-up.ts'
import { keepSchedule, nextRound, takeRound } from './nightly.ts'
import { pruneReports } from './prune-reports.ts'
import { openQueue, rehearsalsQueue, roundsQueue, type FleetQueue } from './queue.ts'
import { beginRound, findRounds } from './rounds.ts'
import { isOver, queueStatus, roundDocument } from './status.ts'

describe('the queue of a fleet', function () {
  this.timeout(60_000)

  it('gives the rehearsal of a worker that died to another, and stores one result, whoever comes back', async () => {
    await withQueue(async ({ queue, begin, die }) => {
      const round = await begin(['a'])
      const dead = await claimed(queue)
      expect(await keepClaim(queue, dead)).to.equal(true)
      await die(dead)
      const heir = await claimed(queue)
      expect(heir).to.deep.include({ round, number: 2 })
      expect(heir.failures).to.have.length(1)
      expect(heir.failures[0]).to.match(/^The worker on .* was not heard of any more\.$/)
      // Who was taken for dead comes back, with a result.
      expect(await keepClaim(queue, dead)).to.equal(false)
      expect(await settle(queue, dead, fleetResult('a', { verdict: 'failed' }))).to.equal(false)
      await giveBack(queue, dead, 'It knows no better.')
      expect(await keepClaim(queue, heir)).to.equal(true)
      expect(await settle(queue, heir, fleetResult('a', { attempts: 2 }))).to.equal(true)
      expect(await settle(queue, heir, fleetResult('a', { verdict: 'failed' }))).to.equal(false)
      expect(await isEmpty(queue)).to.equal(true)
      const { results } = await reported(queue, round)
      expect(results.map(({ name, verdict, attempts }) => [name, verdict, attempts])).to.deep.equal([
        ['a', 'passed', 2],
      ])
    })
  })

  it('lets go on no two rehearsals of a database at a time, the highest priority first', async () => {
    await withQueue(async ({ queue, begin }) => {
      const [first, second] = [await begin(['a', 'b', 'c'], { priorities: { c: 7 } }), await begin(['a'])]
      const claims = [await claimed(queue), await claimed(queue), await claimed(queue)]
      expect(claims.map(({ database, round }) => [database.name, round])).to.deep.equal([
        ['c', first],
        ['a', first],
        ['b', first],
      ])
      expect(await claimNext(queue), 'a is under way').to.equal(undefined)
      expect(await isEmpty(queue)).to.equal(false)
      const [, a] = claims
      if (a !== undefined) await settle(queue, a, fleetResult('a'))
      expect((await claimed(queue)).round).to.equal(second)
    })
  })

  it('does not count what was given back in order, and gives up after so many attempts', async () => {
    await withQueue(async ({ queue, begin }) => {
      const round = await begin(['a'])
      await giveBack(queue, await claimed(queue))
      for (const problem of ['The disk is full.', 'Docker does not answer.'])
        await giveBack(queue, await claimed(queue), problem)
      const last = await claimed(queue)
      expect(last.number).to.equal(4)
      expect(last.failures.map((text) => text.replace(/^On [^:]*/, 'On x'))).to.deep.equal([
        'On x: The disk is full.',
        'On x: Docker does not answer.',
      ])
      await settle(queue, last, givenUp(last))
      const { verdict, results } = await reported(queue, round)
      expect(verdict).to.equal('could-not-verify')
      expect(results[0]?.problem).to.contain('The disk is full').and.to.contain('Docker does not answer')
    })
  })

  it('lets the others wait for the canaries, and spares them when one does not pass', async () => {
    await withQueue(async ({ queue, begin }) => {
      for (const verdict of ['passed', 'failed'] as const) {
        const round = await begin(['a', 'b', 'c'], { canary: ['b'] })
        const canary = await claimed(queue)
        expect(canary.database.name).to.equal('b')
        expect(await claimNext(queue)).to.equal(undefined)
        expect(await states(queue, round)).to.deep.equal({ a: 'held', b: 'running', c: 'held' })
        await settle(queue, canary, fleetResult('b', { verdict }))
        if (verdict === 'failed') {
          const { results } = await reported(queue, round)
          expect(results.map(({ notRun }) => notRun)).to.deep.equal([
            'canary-failed',
            undefined,
            'canary-failed',
          ])
          expect(await isEmpty(queue)).to.equal(true)
          return
        }
        for (const name of ['a', 'c']) await settle(queue, await claimed(queue), fleetResult(name))
        expect((await reported(queue, round)).verdict).to.equal('passed')
      }
    })
  })

  it('forgets what is cancelled, whether it waits, is held or is under way, and reports it as not rehearsed', async () => {
    await withQueue(async ({ queue, begin }) => {
      const round = await begin(['a', 'b', 'c'], { canary: ['b'] })
      const running = await claimed(queue)
      expect(await cancel(queue, { names: ['a'] })).to.deep.equal([{ round, name: 'a', wasRunning: false }])
      expect(await cancel(queue, { names: ['b'] })).to.deep.equal([{ round, name: 'b', wasRunning: true }])
      expect(await keepClaim(queue, running)).to.equal(false)
      expect(await settle(queue, running, fleetResult('b'))).to.equal(false)
      expect(await cancel(queue, {})).to.deep.equal([])
      const { results, verdict } = await reported(queue, round)
      expect(verdict).to.equal('could-not-verify')
      expect(results.map(({ notRun }) => notRun)).to.deep.equal([
        'interrupted',
        'interrupted',
        'canary-failed',
      ])
      const { rounds } = await queueStatus(queue)
      expect(rounds.map(isOver)).to.deep.equal([true])
    })
  })

  it('begins a round when the schedule asks for one, in place of what waits of the one before', async () => {
    await withQueue(async ({ queue, fleetFile, write }) => {
      const from = { path: fleetFile, cwd: '/', environment: {} }
      await write('databases: [{ name: a, backup: a.dump }, { name: b, backup: b.dump }]')
      expect(await keepSchedule(queue, { schedule: '0 2 * * *' })).to.be.instanceOf(Date)
      const next = await keepSchedule(queue, { schedule: { cron: '30 4 * * *', tz: 'Asia/Kolkata' } })
      expect(next?.toISOString()).to.contain('T23:00:00')
      expect(await nextRound(queue)).to.deep.equal(next)
      expect(await takeRound(queue, from)).to.equal(undefined)
      for (const expected of [2, 3]) {
        await queue.boss.send(roundsQueue)
        expect(await takeRound(queue, from)).to.match(/^Began the scheduled round /)
        expect((await findRounds(queue)).length).to.equal(expected - 1)
        if (expected === 2) await claimed(queue)
      }
      const [newer, older] = await findRounds(queue)
      expect(await states(queue, older?.id)).to.deep.equal({ a: 'running', b: 'done' })
      expect(await states(queue, newer?.id)).to.deep.equal({ a: 'waiting', b: 'waiting' })
      expect(await keepSchedule(queue, {})).to.equal(undefined)
      expect(await nextRound(queue)).to.equal(undefined)
      await write('databases: []')
      await queue.boss.send(roundsQueue, null, { retryDelay: 0 })
      for (const told of [/is tried again/, /is tried again/, /could not be begun: .* no database/])
        expect(await takeRound(queue, from)).to.match(told)
      expect((await findRounds(queue, { last: 1 }))[0]?.problem).to.contain('lists no database')
    })
  })

  it('removes the reports of old rounds of which nothing is to come, and nothing else', async () => {
    await withQueue(async ({ queue, begin, fleetFile }) => {
      const directory = dirname(fleetFile)
      const [held, waiting] = [await begin(['a', 'b'], { canary: ['a'] }), await begin(['a'])]
      const running = await claimed(queue)
      const [over, written] = ['20200101-020000-0123ab', '20200102-020000-0123ab']
      const names = [held, waiting, over, written, 'elsewhere', '20200101', 'archive-20200101-020000-0123ab']
      for (const name of names) await mkdir(join(directory, name, 'a'), { recursive: true })
      await writeFile(join(directory, over, 'a', 'report.html'), '')
      await symlink(join(directory, 'elsewhere'), join(directory, '20200103-020000-0123ab'))
      const old = new Date(Date.now() - 2 * queue.settings.keepReportsMs)
      for (const name of names) {
        for (const part of name === written ? [name] : [join(name, 'a'), name])
          await utimes(join(directory, part), old, old)
      }
      const before = await readdir(directory)
      const pruned = async () => (await pruneReports(queue, directory)).map((line) => line.split(' ').at(-1))
      expect(await pruned()).to.deep.equal([`${over}.`])
      expect(await pruned()).to.deep.equal([])
      expect(await readdir(directory)).to.have.members(before.filter((name) => name !== over))
      await settle(queue, running, fleetResult('a'))
      expect(await pruned(), 'what waited for the canary is to come').to.deep.equal([])
      const last = await claimed(queue)
      expect(last.round).to.equal(waiting)
      await settle(queue, last, fleetResult('a'))
      expect(await pruned()).to.deep.equal([`${waiting}.`])
    })
  })

  it('says what is wrong with a schedule or a server, without the URL', async () => {
    await withQueue(async ({ queue }) => {
      const refused = await keepSchedule(queue, { schedule: 'at night' }).catch((error: unknown) => error)
      expect(refused).to.include({ code: 'invalid-fleet' })
      const url = 'postgresql://someone:hidden-word@127.0.0.1:1/queue'
      const error = await openQueue({ ...queue.settings, url }, { isWorker: false }).catch(
        (it: unknown) => it,
      )
      expect(error).to.include({ code: 'queue-unreachable' })
      expect(String(error)).to.not.contain('hidden-word')
    })
  })
})

async function claimed(queue: FleetQueue): Promise<Claim> {
  const claim = await claimNext(queue)
  if (claim === undefined) throw new Error('nothing waits')
  return claim
}

async function reported(queue: FleetQueue, id: string) {
  const [round] = await findRounds(queue, { id })
  if (round === undefined) throw new Error('no such round')
  return await roundDocument(queue, round)
}

async function states(queue: FleetQueue, id: string | undefined): Promise<Record<string, string>> {
  const { rounds } = await queueStatus(queue, id)
  return Object.fromEntries(rounds[0]?.databases.map(({ name, state }) => [name, state]) ?? [])
}

interface Given {
  readonly canary?: readonly string[]
  readonly priorities?: Readonly<Record<string, number>>
}

interface TestQueue {
  readonly queue: FleetQueue
  readonly fleetFile: string
  write(text: string): Promise<void>
  begin(names: readonly string[], given?: Given): Promise<string>
  /** Has the claim's worker been silent for too long, and that noticed. */
  die(claim: Claim): Promise<void>
}

let queues = 0

/** A queue in a database of its own. */
async function withQueue(work: (test: TestQueue) => Promise<void>): Promise<void> {
  const server = await sharedServer()
  const name = `fleet_queue_${(queues += 1)}`
  await server.createDatabase(name)
  const url = urlOf(server.connection(name))
  const settings = {
    url,
    variable: 'REHEARSAL_QUEUE_URL',
    schema: 'queue',
    heartbeatS: 10,
    attempts: 3,
    keepReportsMs: 90 * 86_400_000,
  }
  await withTemporary(async (directory) => {
    const queue = await openQueue(settings, { isWorker: false })
    const fleetFile = join(directory, 'fleet.yaml')
    try {
      await work({
        queue,
        fleetFile,
        write: async (text) => await writeFile(fleetFile, text),
        begin: async (names, given = {}) => {
          const fleet = fleetOf(names, given)
          return await queue.transaction(
            async (session) =>
              await beginRound(session, fleet, { share: fleet.databases, origin: 'enqueued' }),
          )
        },
        die: async ({ attempt }) => {
          await queue.sql(
            `update ${queue.schema}.job set heartbeat_on = heartbeat_on - interval '11 s' where id = $1`,
            [attempt.id],
          )
          await queue.sql(`update ${queue.schema}.queue set monitor_on = null`)
          await queue.boss.supervise(rehearsalsQueue)
        },
      })
    } finally {
      await queue.close()
    }
  })
  await server.dropDatabase(name)
}

function fleetOf(names: readonly string[], { canary, priorities = {} }: Given): Fleet {
  return {
    databases: names.map((name) => ({
      name,
      priority: priorities[name] ?? 0,
      settings: { backup: `${name}.dump` },
    })),
    canary,
    parallel: undefined,
    timeoutMs: undefined,
    outlierFactor: 5,
  }
}
