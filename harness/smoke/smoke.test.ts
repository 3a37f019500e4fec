import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { HarnessError } from '../errors.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { startApp } from './app.ts'
import { specFindings } from './findings.ts'
import { runMocha } from './mocha.ts'

describe('smoke specs', () => {
  let run: Run
  let folder = ''

  before(async () => {
    run = await openRun()
    folder = await mkdtemp(packageFile('harness/smoke/testdata-'))
  })

  after(async () => {
    await run.dispose()
    await rm(folder, { recursive: true })
  })

  async function pass(files: Record<string, string>, timeoutMs = 20_000) {
    const paths = Object.keys(files).map((name) => join(folder, name))
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const environment = { PATH: process.env['PATH'] ?? '', REHEARSAL_PHASE: 'migrated' }
    const result = await runMocha({
      cwd: folder,
      files: paths,
      arguments: [],
      environment,
      preload: [],
      timeoutMs,
      run,
    })
    const context = { phase: 'migrated', files: paths, cwd: folder, timeoutMs } as const
    return { result, findings: specFindings(result, context) }
  }

  it('are counted one by one, with message and file of a failure', async () => {
    const { result, findings } = await pass({
      'a.spec.js':
        "it('works', () => {}); it('fails', () => { throw new Error('phase ' + process.env.REHEARSAL_PHASE) }); it.skip('later')",
    })
    expect([result.passes.length, result.failures.length, result.pending.length]).to.deep.equal([1, 1, 1])
    expect(findings).to.have.length(1)
    expect(findings[0]).to.deep.include({ id: 'spec-failed', severity: 'error', subject: 'fails' })
    expect(findings[0]?.message).to.contain('phase migrated')
    expect(findings[0]?.evidence?.details).to.deep.equal(['a.spec.js'])
  })

  it('are unverified when none was executed', async () => {
    for (const text of ['', "describe('nothing', () => {})", "it.skip('later')"]) {
      const { findings } = await pass({ 'b.spec.js': text })
      expect(
        findings.map(({ id, severity }) => ({ id, severity })),
        text,
      ).to.deep.equal([{ id: 'no-specs-executed', severity: 'unverified' }])
    }
  })

  it('are unverified when one of several files holds no test', async () => {
    const { findings } = await pass({ 'c.spec.js': "it('works', () => {})", 'd.spec.js': '' })
    expect(findings).to.have.length(1)
    expect(findings[0]).to.include({ id: 'no-specs-executed', severity: 'unverified', subject: 'd.spec.js' })
  })

  it('fail when a file does not load, a hook throws, an `only` was forgotten or they never end', async () => {
    const crashed = await pass({ 'e.spec.mjs': "import './nowhere.mjs'" })
    expect(crashed.findings[0]?.id).to.equal('specs-crashed')
    expect(crashed.findings[0]?.evidence?.details?.join('\n')).to.contain('nowhere.mjs')
    const hook = await pass({
      'f.spec.js': "before(() => { throw new Error('no database') }); it('works', () => {})",
    })
    expect(hook.findings[0]?.message).to.contain('no database')
    const only = await pass({
      'g.spec.js': "it('left out', () => { throw new Error() }); it.only('works', () => {})",
    })
    expect(only.findings[0]?.severity).to.equal('error')
    const endless = await pass({ 'h.spec.js': "it('waits', (done) => {}).timeout(0)" }, 1_000)
    expect(endless.findings[0]?.id).to.equal('specs-timed-out')
  })

  it('end although a spec leaves a connection or timer open', async () => {
    const { result } = await pass({ 'i.spec.js': "it('works', () => { setInterval(() => {}, 1000) })" })
    expect(result.end).to.equal('finished')
  })

  const signal = new AbortController().signal
  const environment = { PATH: process.env['PATH'] ?? '' }
  const script = (text: string) => `node -e ${JSON.stringify(text)}`

  it('get an app that is ready, and its whole process group goes again', async () => {
    const command = script(
      "require('http').createServer((q, s) => s.end('up')).listen(process.env.PORT, '127.0.0.1')",
    )
    const plan = { command, readyUrl: 'http://127.0.0.1:{port}/', readyTimeoutMs: 10_000 }
    const app = await startApp(plan, { cwd: folder, environment, run, signal })
    expect(await fetch(app.baseUrl).then((answer) => answer.text())).to.equal('up')
    await app.stop()
    await app.stop()
    expect(await fetch(app.baseUrl).catch(() => 'gone')).to.equal('gone')
  })

  it('are told why the app did not start', async () => {
    const start = async (command: string, readyTimeoutMs: number) =>
      startApp(
        { command, readyUrl: 'http://127.0.0.1:{port}/', readyTimeoutMs },
        { cwd: folder, environment, run, signal },
      ).then(
        () => 'started',
        (error: unknown) => (error instanceof HarnessError ? `${error.code} ${error.message}` : error),
      )
    expect(await start(script("console.error('no PORT'); process.exit(3)"), 10_000)).to.match(
      /^app-not-started.*code 3.*no PORT/s,
    )
    expect(await start(script('setInterval(() => {}, 1000)'), 500)).to.match(
      /^app-not-started.*did not answer within 0.5 s/s,
    )
  })
})
