import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { ToolOptions, ToolResult } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { sharedServer } from '../testing/server.ts'
import { clientToolVersion, runClientTool } from './client-tools.ts'

describe('client tools of PATH', () => {
  before(async function () {
    if ((await clientToolVersion('psql')) === undefined) this.skip()
  })

  it('know their version', async () => {
    expect(await clientToolVersion('psql')).to.match(/^\d+\.\d+$/)
  })

  it('run against the database asked for, whatever PG* variables we have', async () => {
    process.env['PGDATABASE'] = 'production'
    process.env['PGHOSTADDR'] = '192.0.2.1'
    try {
      const { stdout } = await psql(['-c', 'select current_database()'])
      expect(stdout).to.equal('postgres\n')
    } finally {
      delete process.env['PGDATABASE']
      delete process.env['PGHOSTADDR']
    }
  })

  it('return the exit code and what the tool said', async () => {
    const result = await psql(['-c', 'select 1/0'])
    expect(result.exitCode).to.equal(1)
    expect(result.stderr).to.contain('division by zero')
  })

  it('read their input to its end', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `${row}\n`)
    const script = [
      'create temp table t (i int);\ncopy t from stdin;\n',
      ...rows,
      '\\.\nselect sum(i) from t;\n',
    ]
    const { stdout, exitCode } = await psql(['-q'], { stdin: Readable.from(script) })
    expect({ stdout, exitCode }).to.deep.equal({ stdout: '199990000\n', exitCode: 0 })
  })

  it('may stop reading early', async () => {
    const stdin = Readable.from(repeat('select 1;\n'.repeat(10_000), 200))
    const result = await psql(['-v', 'ON_ERROR_STOP=1', '-f', '/nonexistent'], { stdin })
    expect(result.exitCode).to.equal(1)
    expect(stdin.destroyed).to.equal(true)
  })

  it('are ended when their input fails, and its error is thrown', async () => {
    const broken = (async function* () {
      yield 'select 1;\n'
      await sleep(50)
      throw new Error('unexpected end of file')
    })()
    const error = await psql([], { stdin: Readable.from(broken) }).catch((thrown: unknown) => thrown)
    expect(String(error)).to.contain('unexpected end of file')
  })

  it('are ended when their input is closed before its end', async () => {
    const stdin = new Readable({ read: () => {} })
    stdin.push('select 1;\n')
    setTimeout(() => stdin.destroy(), 50)
    const error = await psql([], { stdin }).catch((thrown: unknown) => thrown)
    expect(String(error)).to.contain('closed before its end')
  })

  it('are ended by the signal, whose reason is thrown', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(new Error('interrupted')), 100)
    const startedAt = performance.now()
    const error = await psql(['-c', 'select pg_sleep(60)'], { signal: abort.signal }).catch(
      (thrown: unknown) => thrown,
    )
    expect(String(error)).to.contain('interrupted')
    expect(performance.now() - startedAt).to.be.lessThan(5_000)
  })

  it('keep the last mebibyte of what they complain about', async () => {
    const loop = `do $$ begin for i in 1..30 loop raise notice '% %', i, repeat('x', 100000); end loop; end $$`
    const { stderr } = await psql(['-c', loop])
    expect(Buffer.byteLength(stderr)).to.equal(1024 * 1024)
    expect(stderr).to.contain('30 xxx')
  })

  it('say how to get them when they are not there', async () => {
    const path = process.env['PATH']
    process.env['PATH'] = '/nonexistent'
    try {
      const error = await psql(['-c', 'select 1']).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HarnessError)
      expect(error).to.include({ code: 'client-tool-missing' })
    } finally {
      process.env['PATH'] = path
    }
  })
})

async function psql(
  args: readonly string[],
  options: Omit<ToolOptions, 'database'> = {},
): Promise<ToolResult> {
  const connection = (await sharedServer()).connection('postgres')
  return await runClientTool('psql', ['-X', '-A', '-t', ...args], connection, options)
}

function* repeat(text: string, times: number): Generator<string> {
  for (let time = 0; time < times; time += 1) yield text
}
