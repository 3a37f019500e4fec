import { expect } from 'chai'
import { withClient } from './postgres/client.ts'
import { urlOf } from './postgres/url.ts'
import { startProgram } from './testing/program.ts'
import { sharedServer } from './testing/server.ts'
import { packageFile } from './docs.ts'

const cwd = packageFile('.')

describe('rehearse calibrate', function () {
  this.timeout(30_000)

  it('measures the server that a variable names and leaves nothing there', async () => {
    const server = await sharedServer()
    await server.createDatabase('calibrated')
    const connection = server.connection('calibrated')
    const ran = await withClient(connection, async (client) => {
      await client.query(`create role calibrator login password 'only-temporary' `)
      const env = { MY_URL: urlOf({ ...connection, user: 'calibrator', password: 'only-temporary' }) }
      const { stdout, exitCode, stderr } = await startProgram(['calibrate', '--url-variable', 'MY_URL'], {
        cwd,
        env,
      })
      const { rows } = await client.query(`select relname from pg_class where relname like '%calibration%'`)
      return { stdout, exitCode, stderr, left: rows }
    })
    await server.dropDatabase('calibrated')
    await withClient(server.connection('postgres'), (client) => client.query('drop role calibrator'))
    expect(ran).to.include({ exitCode: 0, stderr: '' })
    expect(ran.left).to.deep.equal([])
    const { scanRowsPerS, sortRowsPerS, ...writes } = JSON.parse(ran.stdout) as Record<string, number>
    expect(scanRowsPerS).to.be.above(10_000)
    expect(sortRowsPerS).to.be.above(10_000)
    expect(writes).to.deep.equal({ walBytesPerS: null, commitMs: null })
  })

  it('measures writing too on a throwaway server', async () => {
    const { stdout, exitCode } = await startProgram(['calibrate', '--engine', 'embedded'], { cwd })
    expect(exitCode).to.equal(0)
    const { walBytesPerS, commitMs } = JSON.parse(stdout) as Record<string, number>
    expect(walBytesPerS).to.be.above(1_000_000)
    expect(commitMs).to.be.above(0)
  })

  it('refuses a URL on the command line without repeating it', async () => {
    const url = 'postgresql://app:hunter2-secret@127.0.0.1:1/app'
    const { stderr, stdout, exitCode } = await startProgram(['calibrate', '--url-variable', url], { cwd })
    expect(exitCode).to.equal(2)
    expect(stderr + stdout).to.not.include('hunter2')
    expect(stderr).to.include('--url-variable PRODUCTION_DATABASE_URL')
  })
})
