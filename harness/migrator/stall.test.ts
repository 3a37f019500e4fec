import { expect } from 'chai'
import { explainStall, progressed } from './stall.ts'
import type { Session } from './stall.ts'

function session(pid: number, more: Partial<Session> = {}): Session {
  return {
    pid,
    own: false,
    state: 'idle in transaction',
    query: 'alter table issues add column grade text',
    waitEventType: 'Client',
    waitEvent: 'ClientRead',
    queryStart: '2026-01-01 00:00:00',
    stateChange: '2026-01-01 00:00:01',
    stateForMs: 30_000,
    blockedBy: [],
    awaitedLock: null,
    ...more,
  }
}

const awaitedLock = { mode: 'ACCESS SHARE', object: 'table issues', heldModes: ['ACCESS EXCLUSIVE'] }
const blocked = (pid: number, blockedBy: number[], more: Partial<Session> = {}) =>
  session(pid, { state: 'active', waitEventType: 'Lock', blockedBy, query: 'select 1', awaitedLock, ...more })

describe('progress of sessions', () => {
  const cases: [string, Session[], Session[], boolean][] = [
    ['nothing changed', [session(1)], [session(1)], false],
    ['the order of the rows changed', [session(1), session(2)], [session(2), session(1)], false],
    ['only the clock went on', [session(1)], [session(1, { stateForMs: 40_000 })], false],
    ['a session came', [], [session(1)], true],
    ['a session went', [session(1)], [], true],
    ['a statement began', [session(1)], [session(1, { queryStart: 'later' })], true],
    ['a state changed', [session(1)], [session(1, { stateChange: 'later' })], true],
    ["only the harness's own moved", [session(1)], [session(1), session(9, { own: true })], false],
    ['one waits for a lock', [blocked(1, [2])], [blocked(1, [2])], false],
  ]
  for (const [what, before, after, expected] of cases) {
    it(`is ${expected ? 'there' : 'missing'} when ${what}`, () => {
      expect(progressed(before, after)).to.equal(expected)
    })
  }

  it('is there while a statement works, however long it takes', () => {
    const atWork = session(1, { state: 'active', waitEventType: 'IO' })
    expect(progressed([atWork], [atWork])).to.equal(true)
  })

  it('is missing while the server waits for its client', () => {
    const copying = session(1, { state: 'active', waitEventType: 'Client' })
    expect(progressed([copying], [copying])).to.equal(false)
  })
})

describe('explanations of a stall', () => {
  it('name both sides of a self-deadlock', () => {
    const stall = explainStall([session(1), blocked(2, [1])])
    expect(stall.kind).to.equal('self-deadlock')
    expect(stall.message).to.equal(
      'Two connections of the migration wait for each other, where Postgres cannot see it. Session 2 waits for ' +
        'ACCESS SHARE on table issues to run "select 1"; it is blocked by session 1, on which it holds ACCESS ' +
        'EXCLUSIVE, idle in its transaction since "alter table issues add column grade text" because the ' +
        "migration's code waits for the first.",
    )
    expect(stall.details).to.have.length(2)
  })

  const cases: [string, Session[] | null, string][] = [
    ['a queue behind it', [session(1), blocked(3, [2]), blocked(2, [1])], 'self-deadlock'],
    ['a lock of the harness', [blocked(2, [1]), session(1, { own: true })], 'lock-wait'],
    ['a lock from elsewhere', [blocked(2, [77])], 'lock-wait'],
    ['a prepared transaction', [blocked(2, [0])], 'lock-wait'],
    ['an idle transaction', [session(1)], 'outside-wait'],
    ['a failed idle transaction', [session(1, { state: 'idle in transaction (aborted)' })], 'outside-wait'],
    ['an unfinished COPY', [session(1, { state: 'active' })], 'client-wait'],
    ['idle sessions', [session(1, { state: 'idle' })], 'no-session'],
    ['no sessions', [], 'no-session'],
    ['only sessions of the harness', [session(1, { own: true })], 'no-session'],
    ['a silent server', null, 'no-answer'],
  ]
  for (const [what, sessions, kind] of cases) {
    it(`tell ${what}`, () => expect(explainStall(sessions).kind).to.equal(kind))
  }
})
