import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from './docs.ts'
import { clientToolVersion } from './postgres/client-tools.ts'
import { engineOrSkip, startProgram } from './testing/program.ts'

const production = 'postgresql://app:Pr0d-s3cret@production-db.invalid:6432/shop'
const staging = 'postgresql://app:St4ge-s3cret@staging-db.invalid/shop'

/** Prints and throws everything that it can get hold of. */
const indiscreet = `
export async function up(db) {
  const known = Object.entries(process.env).filter(([name]) => /URL|^PG|SECRET/.test(name)).map((pair) => pair.join('='))
  console.log(known.join('\\n'))
  console.error(known.join('\\n'))
  throw new Error(known.join(' '))
}
export async function down() {}
`

for (const engine of ['embedded', 'docker'] as const) {
  describe(`secrets and leavings, ${engine} engine`, function () {
    this.timeout(120_000)
    let scratch = ''
    let project = ''

    before(async function () {
      await engineOrSkip(engine, this)
      scratch = await mkdtemp(join(tmpdir(), 'rehearsal-secrets-'))
      project = await mkdtemp(packageFile('fixtures/secrets-'))
      await mkdir(join(project, 'migrations'))
      await writeFile(join(project, 'migrations/001_indiscreet.mjs'), indiscreet)
      await writeFile(join(project, '.env'), `STAGING_DATABASE_URL=${staging}\nOTHER_URL=${staging}\n`)
    })

    after(async () => {
      await rm(scratch, { recursive: true, force: true })
      await rm(project, { recursive: true, force: true })
    })

    const args = [
      '--engine',
      engine,
      '--backup',
      packageFile('fixtures/broken/shop.sql.gz'),
      '--specs',
      '../broken/shop.spec.ts',
    ]
    const env = () => ({ TMPDIR: scratch, PRODUCTION_DATABASE_URL: production, MY_DATABASE_URL: production })

    it('are in no output, however hard a migration tries', async () => {
      const reports = [
        '--report',
        `json=${scratch}/out.json`,
        '--report',
        `markdown=${scratch}/out.md`,
        '--report',
        'json=-',
      ]
      const result = await startProgram(['run', ...args, ...reports], { cwd: project, env: env() })
      expect(result.exitCode, result.stderr).to.equal(1)
      const texts = [
        result.stdout,
        result.stderr,
        await readFile(`${scratch}/out.json`, 'utf8'),
        await readFile(`${scratch}/out.md`, 'utf8'),
      ]
      expect(texts[0])
        .to.contain('PGPASSWORD=(redacted)')
        .and.contain('MY_DATABASE_URL=postgresql://(redacted)')
      for (const text of texts) {
        expect(text).not.to.match(/s3cret|-db\.invalid/)
        expect(text).not.to.match(/postgres(ql)?:\/\/(?!\(redacted\))/)
        expect(text).not.to.match(/PGPASSWORD=(?!\(redacted\))/)
      }
    })

    it('include nothing that --keep leaves and `rehearse clean` does not remove', async function () {
      const result = await startProgram(['run', ...args, '--keep'], { cwd: project, env: env() })
      const connect = /kept, rolled back and as the specs left it: (.*)/.exec(result.stderr)?.[1]
      if (connect === undefined) throw new Error(result.stderr)
      expect(await startProgram(['run', ...args], { cwd: project, env: env() })).to.have.property(
        'exitCode',
        1,
      )
      if (engine === 'docker' || (await clientToolVersion('psql')) !== undefined) {
        const command = `${connect.replace(' -it ', ' -i ')} -Atc 'select count(*) from products'`
        expect((await execa(command, { shell: true })).stdout).to.equal('100')
      }
      const cleaned = await startProgram(['clean'], { cwd: project, env: env() })
      expect(cleaned.exitCode).to.equal(0)
      const runs = (await readdir(scratch, { recursive: true })).filter((path) => /runs\/r\w+$/.test(path))
      expect(runs).to.deep.equal([])
      expect(
        (await execa(connect.replace(' -it ', ' -i '), { shell: true, reject: false, input: 'select 1' }))
          .exitCode,
      ).not.to.equal(0)
      const again = await startProgram(['clean'], { cwd: project, env: env() })
      expect(again.stdout).to.contain('Nothing')
    })
  })
}
