import { expect } from 'chai'
import { loadPlan } from './config.ts'
import { packageFile } from './docs.ts'
import { createRedactor } from './redact.ts'
import { rehearse } from './rehearse.ts'
import type { Rehearsal } from './rehearsal.ts'
import { missingEngine } from './testing/program.ts'

/** Decided by the migrations and the backup alone, not by how long something took. */
const untimed = ['row-count-drift', 'blocking-index-build', 'type-change-rewrite', 'squawk-advice']

describe('a database too large to be copied within its server', function () {
  this.timeout(180_000)
  const rehearsals = new Map<string, Rehearsal>()

  for (const [engine, copiedWithinBytes] of [
    ['embedded', undefined],
    ['embedded', 0],
    ['docker', 0],
  ] as const) {
    const how = copiedWithinBytes === 0 ? 'on clones alone' : 'on copies within the server, to compare with'
    it(`is rehearsed ${how}, ${engine} engine`, async function () {
      const reason = await missingEngine(engine)
      if (reason !== undefined) {
        console.log(`      skipped: ${reason}`)
        this.skip()
      }
      const plan = await loadPlan({
        cwd: packageFile('.'),
        flags: { engine, snapshots: 'off', history: 'off' },
        configFile: undefined,
        environment: {},
      })
      const steps: string[] = []
      // However busy the machine is.
      const hazards = { ...plan.hazards, errorStallMs: Infinity }
      const rehearsal = await rehearse(
        { ...plan, hazards },
        {
          observe: (event) => void (event.kind === 'progress' && steps.push(event.detail)),
          signal: new AbortController().signal,
          redactor: createRedactor(),
          ...(copiedWithinBytes === undefined ? {} : { copiedWithinBytes }),
        },
      )
      expect(rehearsal.verdict, JSON.stringify(rehearsal.findings, null, 2)).to.equal('passed')
      expect(steps.includes('keeping a pristine copy')).to.equal(copiedWithinBytes === undefined)
      rehearsals.set(`${engine} ${copiedWithinBytes}`, rehearsal)
    })
  }

  it('has the verdict, the findings and the tables of one that is copied', function () {
    const [first, ...others] = [...rehearsals.values()].map(essence)
    if (first === undefined || others.length === 0) this.skip()
    // Squawk is not on every machine.
    const ids = new Set(first.findings.map((finding) => finding.split(' ')[0]))
    expect([...ids]).to.include.members(untimed.filter((id) => id !== 'squawk-advice'))
    for (const other of others) expect(other).to.deep.equal(first)
  })
})

function essence({ verdict, findings, tables, pending, specs, statements, stages }: Rehearsal) {
  return {
    verdict,
    pending,
    findings: findings.filter(({ id }) => untimed.includes(id)).map(({ id, subject }) => `${id} ${subject}`),
    tables: tables.map(({ name, rows }) => `${name} ${rows}`),
    specs: specs.map(({ phase, passed, failed }) => [phase, passed, failed]),
    statements: statements.map(({ migration, direction, rewrites }) => [migration, direction, rewrites]),
    stages: stages.map(({ name, status }) => [name, status]),
  }
}
