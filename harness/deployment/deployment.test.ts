import { expect } from 'chai'
import { deploymentOf } from '../config-deployment.ts'
import type { Config } from '../config-schema.ts'
import type { RehearsalRecord } from '../record.ts'
import { hostileText } from '../testing/hostile.ts'
import { record } from '../testing/record.ts'
import { planDeployment } from './deployment.ts'
import { invitationOf } from './invitation.ts'
import { renderDeployment } from './markdown.ts'
import { tableWeek } from './traffic.ts'

const nowMs = Date.UTC(2026, 0, 12, 9)
const zone = 'Europe/London'
const quietAtFour = Array.from({ length: 7 }, () =>
  Array.from({ length: 24 }, (_, hour) => (hour === 4 ? 6 : 600)),
)

const run = (durationMs: number, stallMs: number | null): RehearsalRecord['migrations'] => [
  { name: '001', direction: 'up', status: 'success', durationMs, stallMs, walBytes: 0 },
  { name: '001', direction: 'down', status: 'success', durationMs: durationMs / 2, stallMs: 0, walBytes: 0 },
]

function planned(
  changes: Partial<RehearsalRecord> = {},
  {
    file = {},
    past = [],
    traffic = tableWeek(quietAtFour, zone, 'a table'),
    startMs,
  }: {
    file?: NonNullable<Config['deployment']>
    past?: readonly RehearsalRecord[]
    traffic?: ReturnType<typeof tableWeek> | undefined
    startMs?: number
  } = {},
) {
  const settings = deploymentOf('/', { timeZone: zone, ...file })
  const deployment = planDeployment({ record: record(changes), past, settings, traffic, startMs, nowMs })
  return { deployment, text: renderDeployment(deployment), ics: invitationOf(deployment) }
}

describe('a deployment plan', () => {
  it('proposes the quietest window and says why, in local time and UTC', () => {
    const { text, ics, deployment } = planned()
    expect(text).to.contain(
      '**Wednesday, 14 January 2026 at 04:00 GMT to 04:30** (Europe/London; 2026-01-14 04:00',
    )
    expect(text).to.contain('about 3 are expected, 1 % of an average stretch as long, according to a table')
    expect(text).to.contain('Next best: Thursday, 15 January 2026 at 04:00')
    expect(ics).to.contain('DTSTART:20260114T040000Z').and.contain('DTEND:20260114T043000Z')
    expect(deployment.draft).to.equal(false)
  })

  it('gives durations and stalls as intervals over the rehearsals on the same engine', () => {
    const past = [
      record({ id: 'a', migrations: run(400, 90) }),
      record({ id: 'b', migrations: run(100, 30) }),
      record({ id: 'c', migrations: run(9_000, 9_000), engine: { name: 'docker', serverVersion: '15' } }),
    ]
    const { text } = planned({ migrations: run(200, 50), restoreMs: 4_000 }, { past })
    expect(text).to.contain('| 1 | 001 | 100 ms to 400 ms | 30 ms to 90 ms | 50 ms to 200 ms |')
    expect(text).to.contain(
      'in 3 rehearsals on embedded; production is planned for with up to 3 times as long',
    )
    expect(text).to.contain('1.0 s to 4.0 s measured on the rehearsal’s machine')
    expect(text).to.contain('4:29 at the latest')
  })

  it('is as long as going up, verifying and going down may take', () => {
    const slow = { migrations: run(600_000, 50), specs: [] }
    // Three times 10 and 5 minutes, and 15 to decide.
    expect(planned(slow).deployment.lengthMs).to.equal(60 * 60_000)
    expect(planned(slow, { file: { margin: 1 } }).deployment.lengthMs).to.equal(30 * 60_000)
  })

  it('has commands and names as they were given, and lists those that were not', () => {
    const file = {
      commands: { backup: 'pg_dump service=production', migrate: 'npm run migrate' },
      people: { lead: 'Ada' },
    }
    const { text } = planned({}, { file })
    expect(text).to.contain('```\npg_dump service=production\n```').and.contain('**Ada.** Go through')
    expect(text).to.contain('- The commands to verify, rollback, restore (deployment.commands).')
    expect(text).to.contain('- Who stands for developers, operations (deployment.people).')
  })

  it('proposes nothing where no traffic is known, and says what to do', () => {
    const { deployment, text, ics } = planned({}, { traffic: tableWeek([], zone, 'nothing') })
    expect(deployment.windows).to.deep.equal([])
    expect(ics).to.equal(undefined)
    expect(text).to.contain('**Not chosen.**').and.contain('- When to deploy.')
  })

  it('takes the start that it is given', () => {
    const { text } = planned({}, { startMs: Date.UTC(2026, 0, 20, 15) })
    expect(text).to.contain('**Tuesday, 20 January 2026 at 15:00 GMT to 15:30**').and.contain('as asked for')
    expect(text).to.contain('About 300 are expected')
  })

  it('never promises what was not measured', () => {
    const { text } = planned({ migrations: run(200, null).slice(0, 1), restoreMs: null })
    expect(text).to.contain('| 1 | 001 | 200 ms | not measured | not measured |')
    expect(text).to.contain('How long requests may have to wait was not measured.')
    expect(text).to.contain('- How long clients wait: locks were not observed.')
    expect(text).to.contain('- How long going back takes: not every migration was taken down.')
  })

  it('of a rehearsal that did not pass is a draft wherever it is read', () => {
    const { text, ics } = planned({ verdict: 'could-not-verify', summary: 'No spec ran.' })
    expect(text).to.contain('**DRAFT. Do not deploy by this plan.**').and.contain('No spec ran.')
    expect(text).to.contain('**Not met:** a rehearsal passes.').and.not.contain('Met: the')
    expect(ics).to.contain('SUMMARY:DRAFT: ')
  })

  it('is text and nothing else, whatever a migration or a finding is called', () => {
    const { text, ics } = planned({
      project: hostileText,
      pending: [hostileText],
      findings: [{ id: 'x', severity: 'warning', subject: hostileText, message: hostileText }],
      engine: { name: hostileText, serverVersion: '17' },
    })
    const outside = text.replaceAll(/```\n[^]*?\n```/g, '')
    expect(outside).not.to.match(/<(?:script|img|\/textarea)/)
    expect(ics?.match(/^BEGIN:VEVENT/gm)).to.have.length(1)
  })
})
