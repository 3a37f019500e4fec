import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { execa } from 'execa'
import { browser, openPage } from '../../testing/browser.ts'
import { fleetResult } from '../../testing/fleet.ts'
import { hostileText } from '../../testing/hostile.ts'
import { withTemporary } from '../../testing/temporary.ts'
import { fleetDocument, notRun, type FleetDocument } from '../document.ts'
import { fleetJsonSchema } from '../document-schema.ts'
import type { FleetResult } from '../fleet.ts'
import { fleetReports } from './index.ts'

const violation = {
  id: 'migration-failed',
  severity: 'error' as const,
  subject: '002_size',
  message:
    'up failed: check constraint "orders_quantity_check" of relation "orders" is violated by some row (23514)',
  migration: '002_size',
}

describe('reports over a fleet', () => {
  const document = largeFleet(1_000)
  const { html, json, junit, markdown, terminal } = fleetReports

  it('stay light with 1,000 databases, also when every one of them failed', () => {
    expect(Buffer.byteLength(html.render(document))).to.be.below(1_000_000)
    const all = largeFleet(1_000, 1)
    expect(Buffer.byteLength(html.render(all))).to.be.below(1_000_000)
    expect(markdown.render(all).length).to.be.below(65_536)
    expect(terminal.render(all).split('\n').length).to.be.below(80)
  })

  it('name who failed, the finding that they share, the outlier, and what has no result', () => {
    for (const report of [html, markdown, terminal]) {
      const text = report.render(document)
      for (const words of ['tenant-5', '002_size', 'fails in 11 of 998', 'tenant-123', 'not rehearsed'])
        expect(text, report.name).to.contain(words)
    }
    expect(markdown.render(document)).to.contain('took 40 times the median of 979 databases')
    expect(html.render(document)).to.contain('<a href="tenant-5/rehearsal.html">tenant-5</a>')
    expect(junit.render(document)).to.contain('report: tenant-5/rehearsal.html')
  })

  it('have a test for each database in JUnit, and one for the verdict over all', async () => {
    const text = junit.render(document)
    expect(text).to.match(/<testsuites [^>]*tests="1001" failures="12" errors="8"/)
    expect(text).to.match(/<testsuite name="databases" [^>]*skipped="2"/)
    const missing = junit.render(largeFleet(1, 2, [notRun('a', 'missing', 'No result.')]))
    expect(missing).to.match(/<testsuites [^>]*tests="2" failures="0" errors="2"/)
  })

  it('are a document by its schema', () => {
    const isValid = new Ajv2020({ formats: { 'date-time': true } }).compile(fleetJsonSchema())
    for (const each of [document, hostileFleet()])
      expect(isValid(JSON.parse(json.render(each))), JSON.stringify(isValid.errors)).to.equal(true)
  })

  it('are XML and HTML whatever a database wrote', async function () {
    const hostile = hostileFleet()
    expect(html.render(hostile)).not.to.match(/<(script|img|iframe)|href="javascript:/i)
    const { stdout, exitCode } = await execa('xmllint', ['--version'], { reject: false, all: true })
    if (exitCode !== 0)
      return void console.log(`      XML not checked: xmllint (libxml2-utils) is missing ${stdout}`)
    for (const each of [document, hostile]) {
      const checked = await execa('xmllint', ['--noout', '-'], { input: junit.render(each), reject: false })
      expect(checked.exitCode, checked.stderr).to.equal(0)
    }
  })

  it('open in a browser with nothing on the console, and their style in force', async function () {
    if (browser === undefined) {
      console.log('      skipped: there is no Chromium here')
      return this.skip()
    }
    await withTemporary(async (directory) => {
      const page = join(directory, 'fleet.html')
      await writeFile(page, html.render(hostileFleet()))
      const { dom, console: told } = await openPage(page)
      expect(told).to.deep.equal([])
      expect(dom).to.contain('Fleet rehearsal')
    })
  })
})

/** Some fail, some could not be verified, two were not rehearsed, one is an outlier; with `failing` 1 all fail. */
function largeFleet(number: number, failing = 97, given?: readonly FleetResult[]): FleetDocument {
  const results =
    given ??
    Array.from({ length: number }, (_, index) => {
      const name = `tenant-${index}`
      if (failing > 1 && index % 400 === 399)
        return notRun(name, 'interrupted', 'The fleet was interrupted before.')
      if (index % failing === 5 % failing) {
        const summary = `${violation.subject}: ${violation.message}`
        return fleetResult(name, { verdict: 'failed', summary, findings: [violation] })
      }
      if (index % 131 === 7) return fleetResult(name, { verdict: 'could-not-verify', migrations: [] })
      const durationMs = index === 123 ? 3_200 : 60 + (index % 40)
      return fleetResult(name, { migrations: [{ name: '002_size', durationMs }] })
    })
  const names = results.map(({ name }) => name)
  return fleetDocument({
    startedAt: '2026-11-23T02:00:00.000Z',
    durationMs: 3_600_000,
    databases: names,
    share: names,
    shard: null,
    outlierFactor: 5,
    results,
  })
}

/** As a document might be that was read from a file, or what a server and its migrations may say. */
function hostileFleet(): FleetDocument {
  const results = Array.from({ length: 6 }, (_, index) =>
    fleetResult(`${hostileText}${index}`, {
      verdict: index % 2 === 0 ? 'failed' : 'passed',
      summary: hostileText,
      problem: hostileText,
      where: hostileText,
      migrations: [{ name: hostileText, durationMs: index === 5 ? 90_000 : 10 }],
      findings: [{ ...violation, subject: hostileText, message: hostileText, migration: hostileText }],
      reports: { html: 'javascript:alert(1)', json: '"><script>alert(1)</script>' },
    }),
  )
  return largeFleet(6, 1, results)
}
