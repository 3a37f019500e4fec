import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadPlan, type PlanInput } from './config.ts'
import { errorOf } from './testing/error-of.ts'

describe('the plan', () => {
  let cwd = ''

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'rehearsal-config-'))
  })

  afterEach(() => rm(cwd, { recursive: true }))

  const load = (input: Partial<PlanInput> = {}) =>
    loadPlan({ cwd, flags: {}, configFile: undefined, environment: {}, ...input })

  const refusal = async (input: Partial<PlanInput> = {}) => await errorOf(load(input))

  it('takes flag before environment before file before default', async () => {
    await writeFile(
      join(cwd, 'rehearsal.config.json'),
      '{"backup":"file.dump","engine":"docker","migrations":"db"}',
    )
    const environment = {
      REHEARSAL_BACKUP: 'env.dump',
      REHEARSAL_ENGINE: 'external',
      REHEARSAL_SERVER_URL: 'postgres://db',
    }
    const plan = await load({ flags: { backup: 'flag.dump' }, environment })
    expect(plan.backup).to.equal(join(cwd, 'flag.dump'))
    expect(plan.engine).to.equal('external')
    expect(plan.migrations.path).to.equal(join(cwd, 'db'))
    expect(plan.migrate.stallTimeoutMs).to.equal(30_000)
    expect(Object.isFrozen(plan)).to.equal(true)
  })

  it('reads a TypeScript config file', async () => {
    await writeFile(
      join(cwd, 'rehearsal.config.ts'),
      "const backup: string = 'b.dump'\nexport default { backup, specs: ['a.ts'], app: { command: 'run' }, reports: { json: 'out.json' } }\n",
    )
    const plan = await load()
    expect(plan.specs.patterns).to.deep.equal(['a.ts'])
    expect(plan.app?.command).to.equal('run')
    expect(plan.reports).to.deep.equal([{ name: 'json', path: join(cwd, 'out.json') }])
  })

  it('splits a migrations module from its export', async () => {
    const plan = await load({ flags: { backup: 'b', migrations: 'src/db.ts#create' } })
    expect(plan.migrations).to.include({ path: join(cwd, 'src/db.ts'), exportName: 'create' })
  })

  it('lists every problem at once', async () => {
    const environment = {
      REHEARSAL_ENGINE: 'dokcer',
      REHEARSAL_POSTGRES: 'latest',
      REHEARSAL_STALL_TIMEOUT: 'soon',
      REHEARSAL_REPORTS: 'pdf=x',
    }
    const { message } = await refusal({ environment })
    for (const part of ['no backup is given', 'dokcer', 'latest', 'soon', 'pdf'])
      expect(message).to.contain(part)
  })

  it('takes a source instead of a backup, whose password is on no command line, and protects it', async () => {
    const environment = { REPLICA: 'postgres://me:hush@replica/shop?sslmode=require', REHEARSAL_BACKUP: 'b' }
    const plan = await load({ flags: { source: 'env:REPLICA' }, environment })
    expect(plan.source).to.deep.include({ name: 'REPLICA' })
    expect(plan.source?.connection).to.include({ host: 'replica', password: 'hush' })
    expect(plan.source?.tls.mode).to.equal('require')
    expect(plan.protectedUrls).to.have.property('REPLICA')
    expect((await load({ environment })).source).to.equal(undefined)
    expect((await load({ flags: { source: 'postgres://me@replica/shop' } })).source?.name).to.equal(
      'replica:5432',
    )
    const refused: readonly (readonly [
      flags: PlanInput['flags'],
      environment: PlanInput['environment'],
      says: string,
    ])[] = [
      [{ source: 'postgres://me:hush@replica/shop' }, {}, 'has a password where others can see it'],
      [{ source: 'env:NOWHERE' }, {}, 'NOWHERE is not set'],
      [{ source: 'env:REPLICA', backup: 'b' }, environment, '--source and --backup are both given'],
      [{}, { ...environment, REHEARSAL_SOURCE_URL: 'postgres://x/y' }, 'are both given'],
      [{ source: 'env:REPLICA' }, { REPLICA: 'mysql://x' }, 'REPLICA is not a postgres URL'],
      [
        { source: 'env:REPLICA', engine: 'external' },
        { ...environment, REHEARSAL_SERVER_URL: 'postgres://me@replica/x' },
        'same server as REPLICA',
      ],
    ]
    for (const [flags, variables, says] of refused) {
      const { message } = await refusal({ flags, environment: variables })
      expect(message).to.include(says)
      expect(message).not.to.include('hush')
    }
  })

  it('takes a command that writes the backup, and only one of all that may say where it is', async () => {
    const flags = { backupCommand: 'ssh db pg_dump -Fc shop' }
    expect(await load({ flags })).to.include({ backup: '', backupCommand: flags.backupCommand })
    const environment = { REHEARSAL_BACKUP_COMMAND: 'cat a.dump' }
    expect(await load({ environment })).to.include({ backup: '', backupCommand: 'cat a.dump' })
    expect(await load({ flags: { backup: 'b' }, environment })).to.include({ backupCommand: undefined })
    expect((await refusal({ flags: { ...flags, backup: 'b' } })).message).to.contain(
      '--backup and --backup-command are both given',
    )
    const both = { ...environment, REHEARSAL_SOURCE_URL: 'postgres://u@h/d' }
    expect((await refusal({ environment: both })).message).to.contain('are both given')
    expect(await load({ flags: { backup: 's3://bucket/nightly' } })).to.include({
      backup: 's3://bucket/nightly',
    })
  })

  it('takes a target time with its zone, for a pgBackRest repository alone', async () => {
    const flags = { backup: 'pgbackrest:main', pgbackrestConfig: 'a.conf' }
    for (const targetTime of [
      '2026-01-31 02:00:00 +01',
      '2026-01-31T02:00:00+0100',
      '2026-01-31T02:00+01:00',
    ]) {
      const { pgbackrest, backup } = await load({ flags: { ...flags, targetTime } })
      expect(backup).to.equal('pgbackrest:main')
      expect(pgbackrest.config).to.equal(join(cwd, 'a.conf'))
      expect(Date.parse(pgbackrest.targetTime ?? '')).to.equal(Date.UTC(2026, 0, 31, 1))
    }
    const refused = async (more: object) => (await refusal({ flags: { ...flags, ...more } })).message
    expect(await refused({ targetTime: '2026-01-31 02:00:00' })).to.contain('is not a time with its zone')
    expect(await refused({ backup: 'b', targetTime: '2026-01-31T02:00:00Z' })).to.contain(
      'nothing else has one',
    )
  })

  it('names a misspelt key of the config file', async () => {
    await writeFile(
      join(cwd, 'rehearsal.config.json'),
      '{"backup":"b","migrationz":"x","app":{"readyUrl":"y"}}',
    )
    const { message } = await refusal()
    expect(message).to.contain('migrationz').and.contain('`app.command`')
  })

  it('refuses a config file that is not there or does not load', async () => {
    expect((await refusal({ configFile: 'nope.json' })).message).to.contain('nope.json does not exist')
    await writeFile(join(cwd, 'rehearsal.config.js'), 'export default {')
    expect((await refusal()).message).to.contain('could not be loaded')
  })

  it('refuses the server of production or staging as the place to rehearse', async () => {
    for (const variable of ['PRODUCTION_DATABASE_URL', 'STAGING_DATABASE_URL']) {
      const environment = {
        [variable]: 'postgres://a:b@db.example.org/shop',
        REHEARSAL_SERVER_URL: 'postgres://c:d@db.example.org:5432/other',
      }
      const { message } = await refusal({ flags: { backup: 'b' }, environment })
      expect(message).to.contain(variable).and.not.contain('db.example.org')
    }
  })

  it('takes a command in place of Kysely, and no rollback command without one', async () => {
    const plan = await load({
      flags: { backup: 'b', migrateCommand: 'knex migrate:latest' },
      environment: { REHEARSAL_ROLLBACK_COMMAND: 'knex migrate:rollback' },
    })
    expect(plan.migrate).to.deep.include({
      command: 'knex migrate:latest',
      rollbackCommand: 'knex migrate:rollback',
    })
    expect((await refusal({ flags: { backup: 'b', rollbackCommand: 'down' } })).message).to.contain(
      '--migrate-command',
    )
  })

  it('takes what is known of production, and tables by schema and name alone', async () => {
    const production = { tableSizes: { 'public.orders': { rows: 1, bytes: 2 } }, replicaBandwidth: 3 }
    const path = join(cwd, 'rehearsal.config.json')
    await writeFile(path, JSON.stringify({ backup: 'b', production }))
    expect((await load()).production).to.deep.include(production)
    await writeFile(
      path.replace('.json', '.js'),
      `export default { production: { tableSizes: { orders: { rows: 1, bytes: 2 } } } }`,
    )
    expect((await refusal({ flags: { backup: 'b' }, configFile: 'rehearsal.config.js' })).message).to.contain(
      'expected schema.table',
    )
  })

  it('knows times', async () => {
    const plan = await load({ flags: { backup: 'b', stallTimeout: '1.5s', specTimeout: '2m' } })
    expect(plan.migrate.stallTimeoutMs).to.equal(1_500)
    expect(plan.specs.timeoutMs).to.equal(120_000)
  })
})
