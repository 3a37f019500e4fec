import { existsSync } from 'node:fs'
import { chmod, chown, copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { freePort } from '../runs/free-port.ts'
import { asPostgres, bin } from '../testing/pgbackrest.ts'
import { startProgram } from '../testing/program.ts'
import { makeCertificates } from '../testing/remote-certificates.ts'
import { withTemporary } from '../testing/temporary.ts'

const password = 'a-password-for-tls'

/** A real server that lets nobody in without TLS, and the role `client` only with a certificate. */
describe('a source that is reached by TLS alone', function () {
  this.timeout(60_000)
  let home = ''
  let port = 0
  const control = () => ['-D', join(home, 'cluster'), '-l', join(home, 'server.log'), '-w']

  before(async function () {
    const missing = [join(bin, 'postgres'), '/usr/bin/openssl', '/usr/bin/pg_dump'].find(
      (path) => !existsSync(path),
    )
    if (missing !== undefined) {
      console.log(`    skipped: there is no ${missing} (Debian: postgresql-15, openssl)`)
      this.skip()
    }
    home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    port = await freePort()
    await makeCertificates(home, '127.0.0.1')
    await prepare(home)
    await asPostgres(join(bin, 'initdb'), ['-D', join(home, 'cluster'), '-A', 'trust', '-N'])
    await configure(home, port)
    await asPostgres(join(bin, 'pg_ctl'), [...control(), 'start'])
    const psql = async (sql: string): Promise<string> =>
      await asPostgres('psql', [
        '-h',
        home,
        '-p',
        String(port),
        '-v',
        'ON_ERROR_STOP=1',
        '-c',
        sql,
        'postgres',
      ])
    await psql(`create table t as select i from generate_series(1, 100) i`)
    await psql(`create role app login password '${password}'`)
    await psql('create role client login')
    await psql('grant pg_read_all_data to app, client')
  })

  after(async () => {
    if (home === '') return
    await asPostgres(join(bin, 'pg_ctl'), [...control(), '-m', 'immediate', 'stop']).catch(() => {})
    await rm(home, { recursive: true, force: true })
  })

  const backup = async (user: string, host: string, parameters: Record<string, string>) =>
    await withTemporary(async (cwd) => {
      const url = `postgresql://${user}@${host}:${port}/postgres?${new URLSearchParams(parameters)}`
      const env = { PRODUCTION_DATABASE_URL: url }
      const { exitCode, stderr, stdout } = await startProgram(['backup', 'night', '--json'], { cwd, env })
      expect(stderr + stdout).not.to.include(password)
      return { exitCode, stderr, stdout }
    })
  const app = `app:${password}`
  const root = () => ({ sslrootcert: join(home, 'ca.pem') })
  const own = () => ({
    ...root(),
    sslcert: join(home, 'client', 'cert.pem'),
    sslkey: join(home, 'client', 'key.pem'),
  })

  it('is backed up by whoever trusts its certificate, or need not', async () => {
    for (const [user, host, parameters] of [
      [app, '127.0.0.1', { sslmode: 'verify-full', ...root() }],
      // The certificate is one of the address alone, which `verify-ca` does not look at.
      [app, 'localhost', { sslmode: 'verify-ca', ...root() }],
      [app, 'localhost', { sslmode: 'require' }],
      ['client', '127.0.0.1', { sslmode: 'verify-full', ...own() }],
    ] as const) {
      const { exitCode, stderr, stdout } = await backup(user, host, parameters)
      expect(exitCode, stderr).to.equal(0)
      expect(JSON.parse(stdout).manifest.tables).to.deep.include({ schema: 'public', name: 't', rows: 100 })
    }
  })

  it('is refused in one error where its certificate, ours or none is not what it has to be', async () => {
    for (const [user, host, parameters, says] of [
      [
        app,
        'localhost',
        { sslmode: 'verify-full', ...root() },
        /cannot be reached: Hostname\/IP does not match/,
      ],
      [app, '127.0.0.1', { sslmode: 'verify-full' }, /cannot be reached: .*(?:self.signed|unable to verify)/],
      [app, '127.0.0.1', { sslmode: 'disable' }, /does not let app into postgres: no pg_hba\.conf entry/],
      ['client', '127.0.0.1', { sslmode: 'require' }, /client.*certificate/],
      [
        app,
        '127.0.0.1',
        { sslmode: 'verify-ca', sslrootcert: '/nowhere.pem' },
        /nowhere\.pem .*cannot be read/,
      ],
    ] as const) {
      const { exitCode, stderr } = await backup(user, host, parameters)
      expect(exitCode, stderr).to.equal(2)
      expect(stderr)
        .to.match(says)
        .and.not.match(/at .*\.ts/)
    }
  })
})

async function prepare(home: string): Promise<void> {
  await chmod(home, 0o755)
  if (process.getuid?.() !== 0) return
  const { stdout } = await execa('id', ['-u', 'postgres'])
  await chown(home, Number(stdout), 0)
}

async function configure(home: string, port: number): Promise<void> {
  const cluster = join(home, 'cluster')
  const { uid, gid } = await stat(cluster)
  for (const [from, to] of [
    ['ca.pem', 'root.crt'],
    ['server.pem', 'server.crt'],
    ['server-key.pem', 'server.key'],
  ] as const) {
    await copyFile(join(home, from), join(cluster, to))
    await chmod(join(cluster, to), 0o600)
    await chown(join(cluster, to), uid, gid)
  }
  const access = ['local all all trust', 'hostssl all client all cert', 'hostssl all all all scram-sha-256']
  await writeFile(join(cluster, 'pg_hba.conf'), `${access.join('\n')}\n`)
  await writeFile(
    join(cluster, 'postgresql.auto.conf'),
    `port = ${port}
listen_addresses = 'localhost'
unix_socket_directories = '${home}'
fsync = off
ssl = on
ssl_ca_file = 'root.crt'
`,
  )
}
