/**
 * How large the HTML report of a large rehearsal is, how long it takes to render, and how soon headless Chromium
 * has painted it: 200 migrations up and down, statements, 2,000 findings with a statement each, what
 * 100,000 probes of 100 tables leave in a document (50 stalls for each way of each table), 4,000 deaths of the migrator.
 *
 *     npm run bench:report -- [rounds]
 *
 * Exits 1 when the median exceeds 3 MB or 1 s. First paint is `first-contentful-paint` as the browser itself tells
 * it, counted from the beginning of the navigation; a script that reads it is added to the measured copy alone.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { html } from '../harness/reports/html.ts'
import { browser } from '../harness/testing/browser.ts'
import { savedRehearsal } from '../harness/testing/golden.ts'
import { largeRehearsal } from '../harness/testing/large-rehearsal.ts'

const bars = { bytes: 3_000_000, firstPaintMs: 1_000 }
const rounds = Number(process.argv[2] ?? '5')
const size = { migrations: 200, statements: 2_000, findings: 2_000, probes: 100_000 }
const rehearsal = largeRehearsal(await savedRehearsal('failed'), size)

const startedAt = performance.now()
const page = html.render(rehearsal)
const renderMs = performance.now() - startedAt
const bytes = Buffer.byteLength(page)
console.log(
  `${size.migrations} migrations, ${size.statements} statements, ${size.findings} findings, ${size.probes} probes, ${rehearsal.crashes.length} deaths`,
)
console.log(`rendered in  ${renderMs.toFixed(0)} ms`)
console.log(`size         ${(bytes / 1e6).toFixed(2)} MB (bar ${bars.bytes / 1e6} MB)`)
if (bytes > bars.bytes) process.exitCode = 1

if (browser === undefined) {
  console.log('first paint  not measured: there is no Chromium here (CHROMIUM names one)')
  process.exitCode = 1
} else {
  const times = []
  for (let round = 0; round < rounds; round += 1) times.push(await firstPaintMs(browser, page))
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
  const all = times.map((it) => it.toFixed(0)).join(', ')
  console.log(`first paint  ${median.toFixed(0)} ms, median of ${all} (bar ${bars.firstPaintMs} ms)`)
  if (!(median <= bars.firstPaintMs)) process.exitCode = 1
}

/** The page comes from a server of this process, to which the browser tells when it has painted. */
async function firstPaintMs(program: string, page: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer((request, response) => {
    const told = /^\/painted\?(.+)/.exec(request.url ?? '')?.[1]
    if (told !== undefined) resolve(Number(told))
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(told === undefined ? measured(page) : '')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const profile = await mkdtemp(join(tmpdir(), 'pg-rehearsal-bench-'))
  const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--window-size=1280,900']
  const child = execa(program, [...args, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
    reject: false,
    timeout: 30_000,
  })
  try {
    return await Promise.race([promise, child.then(() => Number.NaN)])
  } finally {
    child.kill()
    await child
    server.closeAllConnections()
    server.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function measured(page: string): string {
  const script = `<script>new PerformanceObserver((list) => {
    for (const it of list.getEntriesByName('first-contentful-paint')) void fetch('/painted?' + it.startTime)
  }).observe({ type: 'paint', buffered: true })</script>`
  return page.replace(/<meta http-equiv[^>]*>/, script)
}
