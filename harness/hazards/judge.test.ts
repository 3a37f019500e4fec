import { expect } from 'chai'
import type { TracedStatement } from '../trace/traced.ts'
import { judgeHazards, type HazardRules } from './judge.ts'

const listings = { oid: 1, name: 'public.listings', kind: 'r' }

/** A rewrite of listings by a type change. */
const rewrite = (durationMs: number): TracedStatement => ({
  migration: '001_wider',
  direction: 'up',
  text: 'alter table listings alter column id type bigint',
  tags: ['ALTER TABLE'],
  error: null,
  startedAt: 0,
  durationMs,
  timing: 'exact',
  transaction: 1,
  seen: 'inside',
  locks: [{ relation: 'public.listings', kind: 'r', mode: 'ACCESS EXCLUSIVE', heldMs: durationMs }],
  rewritten: [listings],
  rebuilt: [],
  built: [],
  scans: [{ relation: listings, rows: 9, of: 9 }],
  writes: [],
  dropped: [],
  renamed: [],
  columnsGone: [],
  growth: [],
  tempBytes: 0,
  lockWaitMs: 0,
  walBytes: 0,
  hasLockTimeout: true,
})

describe('a hazard', () => {
  const today = new Date('2026-06-15T12:00:00Z')
  const judged = (durationMs: number, waivers: HazardRules['waivers'] = []) =>
    judgeHazards([rewrite(durationMs)], { errorStallMs: 1_000, warningStallMs: 100, waivers }, today)

  it('matters by how long clients would wait', () => {
    for (const [durationMs, severity] of [
      [3_000, 'error'],
      [1_000, 'error'],
      [999, 'warning'],
      [100, 'warning'],
      [99, 'notice'],
    ] as const) {
      expect(judged(durationMs).map((it) => `${it.severity} ${it.id}`)).to.deep.equal([
        `${severity} type-change-rewrite`,
      ])
    }
  })

  it('shows the statement, its locks, and what to write instead', () => {
    const [finding] = judged(3_000)
    expect(finding?.subject).to.equal('001_wider (up)')
    expect(finding?.evidence?.statement?.text).to.contain('type bigint')
    expect(finding?.evidence?.details?.join('\n')).to.contain(
      'ACCESS EXCLUSIVE on public.listings, held 3.0 s',
    )
    expect(finding?.evidence?.details?.join('\n')).to.contain('alterTable')
  })

  const waiver = {
    id: 'type-change-rewrite',
    reason: 'closed at night',
    expires: '2026-06-15',
    subject: undefined,
  }

  it('is a notice while it is waived: all of it, by migration or by table', () => {
    for (const subject of [undefined, '001_wider', 'public.listings']) {
      const [finding] = judged(3_000, [{ ...waiver, subject }])
      expect(finding?.severity).to.equal('notice')
      expect(finding?.message).to.contain('Waived until 2026-06-15: closed at night')
    }
  })

  it('is what it was when the waiver is another one, or has expired, and says so then', () => {
    expect(judged(3_000, [{ ...waiver, subject: 'public.sellers' }])[0]?.severity).to.equal('error')
    expect(judged(3_000, [{ ...waiver, id: 'check-scan' }])[0]?.severity).to.equal('error')
    const [expired] = judged(3_000, [{ ...waiver, expires: '2026-06-14' }])
    expect(expired?.severity).to.equal('error')
    expect(expired?.message).to.contain('expired on 2026-06-14')
  })
})
