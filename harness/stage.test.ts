import { expect } from 'chai'
import { HarnessError, HarnessErrors } from './errors.ts'
import type { Finding } from './rehearsal.ts'
import { openJournal, PipelineEnded, type StageEvent } from './stage.ts'

const never = new AbortController().signal
const problem = (code: string) => new HarnessError(code, `about ${code}`, { hint: `mend ${code}` })

async function ends(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('the journal', () => {
  it('hands on facts and keeps summary and findings', async () => {
    const events: StageEvent[] = []
    const journal = openJournal((event) => events.push(event), never)
    const warning: Finding = { id: 'a', severity: 'warning', subject: 's', message: 'm' }
    const facts = await journal.run('restore', async (progress) => {
      progress('half')
      return { facts: 7, summary: 'seven', findings: [warning] }
    })
    expect(facts).to.equal(7)
    expect(journal.stages).to.have.length(1)
    expect(journal.stages[0]).to.include({ name: 'restore', status: 'completed', summary: 'seven' })
    expect(journal.findings).to.deep.equal([warning])
    expect(events.map((event) => event.kind)).to.deep.equal(['started', 'progress', 'ended'])
  })

  it('records every problem of a halt as unverified and ends the pipeline', async () => {
    const journal = openJournal(() => {}, never)
    const thrown = await ends(
      journal.run('preflight', () => Promise.reject(new HarnessErrors([problem('one'), problem('two')]))),
    )
    expect(thrown).to.be.instanceOf(PipelineEnded)
    expect(journal.stages[0]?.status).to.equal('halted')
    expect(journal.findings).to.deep.equal([
      { id: 'one', severity: 'unverified', subject: 'preflight', message: 'about one', remedy: 'mend one' },
      { id: 'two', severity: 'unverified', subject: 'preflight', message: 'about two', remedy: 'mend two' },
    ])
  })

  it('calls anything else a crash and shows its stack', async () => {
    const journal = openJournal(() => {}, never)
    await ends(journal.run('baseline', () => Promise.reject(new TypeError('oops'))))
    expect(journal.stages[0]?.status).to.equal('crashed')
    expect(journal.findings[0]?.message).to.match(/TypeError: oops\n\s+at /)
  })

  it('ends a stage as soon as the signal aborts', async () => {
    const controller = new AbortController()
    const journal = openJournal(() => {}, controller.signal)
    const running = ends(journal.run('migrate', () => new Promise(() => {})))
    controller.abort(problem('interrupted'))
    expect(await running).to.be.instanceOf(PipelineEnded)
    expect(journal.findings[0]?.id).to.equal('interrupted')
    await ends(journal.run('smoke', async () => ({ facts: 1, summary: '' })))
    expect(journal.stages[1]?.status).to.equal('halted')
  })
})
