import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoles } from './backups/create-roles.ts'
import { openBackup } from './backups/index.ts'
import { packageFile } from './docs.ts'
import { furnish, sourceServer } from './testing/base-backup.ts'
import { dockerTools } from './testing/dump.ts'
import { runProgram } from './testing/program.ts'
import { serverOrSkip, testServers } from './testing/server.ts'
import type { Server } from './engines/engine.ts'

const cwd = packageFile('.')

describe('rehearsing on a base backup', () => {
  let home = ''

  before(async function () {
    const docker = testServers.find(({ engine, major }) => engine === 'docker' && major === 17)
    if (docker === undefined) throw new Error('Postgres 17 on Docker is not listed.')
    await serverOrSkip(docker, this)
    await using source = await sourceServer(docker)
    const tools = (await dockerTools(source.server)) ?? this.skip()
    await furnish(source.server)
    await loadExample(source.server)
    home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    await tools.baseBackup(join(home, 'backup'), ['--write-recovery-conf'])
  })

  after(async () => {
    if (home !== '') await rm(home, { recursive: true })
  })

  it('passes, defused in every database, under production’s settings, and claims no missing bloat', async () => {
    const conf = join(home, 'postgresql.conf')
    await writeFile(conf, "work_mem = 9MB\nshared_buffers = 32MB\nssl_key_file = '/etc/secret-place.key'\n")
    const { exitCode, rehearsal, stdout } = await runProgram(
      [
        '--backup',
        home,
        '--engine',
        'docker',
        '--database',
        'comicscout',
        '--max-age',
        '1h',
        '--postgresql-conf',
        conf,
      ],
      { cwd },
    )
    // How long a statement took, and so whether that is an error, is this machine's affair.
    const problems = rehearsal?.findings.filter(
      ({ severity, evidence }) =>
        severity === 'unverified' || (severity === 'error' && evidence?.statement === undefined),
    )
    expect(problems).to.deep.equal([])
    expect(exitCode).to.be.oneOf([0, 1])
    expect(rehearsal?.stages.every(({ status }) => status === 'completed')).to.equal(true)
    expect(rehearsal?.backup).to.include({
      format: 'basebackup',
      database: 'comicscout',
      serverVersion: '17',
    })
    expect(rehearsal?.limits.join()).not.to.contain('no bloat')
    const detailsOf = (id: string) =>
      rehearsal?.findings.find((finding) => finding.id === id)?.evidence?.details
    expect(detailsOf('defused')).to.deep.equal([
      'prepared transaction forgotten: rolled back (database shop)',
      'subscription orders: disabled, without slot and connection (database shop)',
    ])
    expect(detailsOf('settings-left-out')).to.deep.equal([
      'left out: ssl_key_file: it is about who connects to production and how',
      'in force: work_mem = 9MB',
      'in force: shared_buffers = 32MB',
    ])
    expect(stdout + JSON.stringify(rehearsal)).not.to.match(/production-secret|secret-place/)
  })
})

async function loadExample(server: Server): Promise<void> {
  const path = packageFile('fixtures/comicscout.dump')
  const { file, format } = await openBackup(path)
  const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
  await createRoles(server, facts.roles)
  await server.createDatabase('comicscout')
  const { exitCode, stderr } = await server.runTool('pg_restore', ['--exit-on-error'], {
    database: 'comicscout',
    stdin: createReadStream(path),
  })
  if (exitCode !== 0) throw new Error(stderr)
}
