import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { appAddress, startApp } from './app.ts'
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
    const address = await appAddress(plan)
    const app = await startApp(plan, address, { cwd: folder, environment, run, signal })
    expect(await fetch(address.baseUrl).then((answer) => answer.text())).to.equal('up')
    await app.stop()
    await app.stop()
    expect(await fetch(address.baseUrl).catch(() => 'gone')).to.equal('gone')
  })

  it('are not loaded before the app is ready, also by what the team requires and in workers', async () => {
    const mark = join(folder, 'ready')
    const look = `require('fs').statSync(${JSON.stringify(mark)})
      if (process.env.PG_REHEARSAL_GATE) throw new Error('sees the gate')`
    const files = { 'required.cjs': look, 'k.spec.cjs': `${look}; it('works', () => {})` }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    for (const mode of [[], ['--parallel']]) {
      await rm(mark, { force: true })
      const until = sleep(1_000).then(() => writeFile(mark, ''))
      const result = await runMocha({
        cwd: folder,
        files: [join(folder, 'k.spec.cjs'), join(folder, 'k.spec.cjs')],
        arguments: ['--require', './required.cjs', ...mode],
        environment,
        preload: [],
        timeoutMs: 20_000,
        run,
        until,
      })
      expect(result.passes, result.output).not.to.have.length(0)
      expect(result.durationMs).to.be.lessThan(5_000)
    }
  })

  it('leave no mocha waiting when the app does not start', async () => {
    const until = sleep(500).then(() => Promise.reject(new Error('no app')))
    const running = runMocha({
      cwd: folder,
      files: [join(folder, 'k.spec.cjs')],
      arguments: [],
      environment,
      preload: [],
      timeoutMs: 20_000,
      run,
      until,
    })
    expect(await running.catch(messageOf)).to.equal('no app')
    const children = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    expect(children).not.to.contain('k.spec.cjs')
  })

  it('are told why the app did not start', async () => {
    const start = async (command: string, readyTimeoutMs: number) => {
      const plan = { command, readyUrl: 'http://127.0.0.1:{port}/', readyTimeoutMs }
      return await startApp(plan, await appAddress(plan), { cwd: folder, environment, run, signal }).then(
        () => 'started',
        (error: unknown) => (error instanceof HarnessError ? `${error.code} ${error.message}` : error),
      )
    }
    expect(await start(script("console.error('no PORT'); process.exit(3)"), 10_000)).to.match(
      /^app-not-started.*code 3.*no PORT/s,
    )
    expect(await start(script('setInterval(() => {}, 1000)'), 500)).to.match(
      /^app-not-started.*did not answer within 0.5 s/s,
    )
  })
})
