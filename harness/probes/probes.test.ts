import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { reportNames, reports } from '../reports/index.ts'
import { rehearsalJsonSchema } from '../reports/schema.ts'
import { hostile } from '../testing/hostile.ts'
import { engineOrSkip, runProgram, startProgram } from '../testing/program.ts'

const isValid = new Ajv2020({ formats: { 'date-time': true, date: true } }).compile(rehearsalJsonSchema())

describe('rehearse run --ask probes', function () {
  this.timeout(90_000)

  before(async function () {
    await engineOrSkip('embedded', this)
  })

  it('leads with what clients of the worked example would have felt', async () => {
    const args = ['--engine', 'embedded', '--ask', 'probes']
    const { exitCode, stdout, rehearsal } = await runProgram(args, { cwd: packageFile('.') })
    expect(exitCode, stdout).to.equal(0)
    expect(isValid(rehearsal), JSON.stringify(isValid.errors)).to.equal(true)
    expect(rehearsal?.questions).to.deep.equal(['locks', 'probes'])
    const listings = rehearsal?.probes?.tables.find(({ name }) => name === 'public.listings')
    const longest = listings?.reads.stalls.toSorted((one, other) => other.durationMs - one.durationMs)[0]
    expect(longest).to.include({ migration: '2025_03_10_001_listing_postage', direction: 'up' })
    expect(longest?.statement).to.match(/^alter table/i)
    // The transaction's lock, as the undisturbed run had it, on a machine with more to do.
    const held = heldMs(rehearsal, 'public.listings', '2025_03_10_001_listing_postage')
    expect(longest?.durationMs).to.be.within(held / 2, held * 4)
    expect(rehearsal?.findings.map(({ id }) => id)).to.include('client-stall')
    expect(stdout.indexOf('public.listings: reads stalled')).to.be.within(0, 200)
    expect(stdout).not.to.contain('No other client was connected')
    rendersWhatever(rehearsal)
  })

  it('shows the queue behind a long reader, and tells a lock_timeout that strikes from a broken migration', async () => {
    const { exitCode, stdout, rehearsal } = await runProgram(['--engine', 'embedded'], {
      cwd: packageFile('fixtures/probes'),
    })
    expect(exitCode, stdout).to.equal(1)
    const found = rehearsal?.findings.map(({ id, severity, subject }) => `${severity} ${id} ${subject}`)
    expect(found).to.include.members([
      'notice lock-timeout-struck migrations',
      'warning lock-queue 001_order_notes (up)',
      'error lock-queue 001_order_notes (down)',
      'error client-stall public.orders',
    ])
    expect(
      found?.some((it) => it.startsWith('unverified')),
      found?.join('\n'),
    ).to.equal(false)
    const { probes } = rehearsal ?? {}
    const [up, down] = probes?.queues ?? []
    expect(up?.waitedMs).to.be.within(200, 480)
    expect(down?.waitedMs).to.be.within(1_000, 1_900)
    expect(probes?.runs.map(({ direction, heldMs: held }) => [direction, held])).to.deep.equal([
      ['up', 1_500],
      ['up', null],
      ['down', 1_500],
    ])
    for (const { name, before, during, errors } of probes?.traffic ?? []) {
      // They come at random, some ten in the time before.
      expect(before?.count, name).to.be.above(1)
      expect(before?.p50Ms, name).to.be.at.least(0)
      expect(during?.maxMs, name).to.be.above(1_000)
      expect(errors, `${name}: ${JSON.stringify(errors)}`).to.deep.equal([])
    }
    expect(probes?.traffic.map(({ name }) => name)).to.deep.equal(['orders of a customer', 'traffic.sql'])
  })

  it('is asked for by whoever gives what only probes use', async () => {
    const cwd = packageFile('fixtures/probes')
    const result = await startProgram(['run', '--ask', 'locks', '--hold', '40s'], { cwd })
    expect(result.exitCode).to.equal(2)
    expect(result.stderr).to.contain('--ask probes').and.contain('not shorter than')
  })
})

/** The longest that a migration held its strongest lock on the table. */
function heldMs(rehearsal: Rehearsal | undefined, table: string, migration: string): number {
  const locks = rehearsal?.statements
    .filter((it) => it.migration === migration && it.direction === 'up')
    .flatMap((it) =>
      it.locks.filter(({ relation, mode }) => relation === table && mode === 'ACCESS EXCLUSIVE'),
    )
  return Math.max(...(locks ?? []).map((lock) => lock.heldMs ?? 0))
}

function rendersWhatever(rehearsal: Rehearsal | undefined): void {
  if (rehearsal === undefined) throw new Error('no rehearsal')
  for (const name of reportNames) {
    expect(reports[name].render(hostile(rehearsal)), name).to.match(/\n$/)
  }
  for (const name of ['markdown', 'html', 'terminal'] as const) {
    const text = reports[name].render(rehearsal)
    expect(text.replaceAll('\\', ''), name).to.contain('public.listings: reads stalled')
    expect(text.indexOf('reads stalled'), name).to.be.below(text.search(/client-stall(?!-)/))
  }
}
