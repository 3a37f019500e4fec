import { generateKeyPairSync } from 'node:crypto'
import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from '../docs.ts'
import { missingEngine, startProgram } from '../testing/program.ts'
import { withTemporary } from '../testing/temporary.ts'

const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
  key.export({ format: 'pem', type: 'pkcs8' }).toString()

describe('a certificate', () => {
  it('is left by a passed rehearsal, approved, and opens the gate for these migrations alone', async function () {
    const reason = await missingEngine('embedded')
    if (reason !== undefined) this.skip()
    await withTemporary(async (project) => {
      const [job, lead] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
      await makeProject(project, { rehearsal: job.publicKey, lead: lead.publicKey })
      const call = async (args: readonly string[], env: Record<string, string> = {}) => {
        const { exitCode, stdout, stderr } = await startProgram(args, { cwd: project, env })
        return { exitCode, text: `${stdout}${stderr}` }
      }
      const run = ['run', '--engine', 'embedded', '--ask', 'none', '--certificate', 'certificate.json']

      expect(await call(run))
        .to.include({ exitCode: 2 })
        .and.property('text')
        .match(/REHEARSAL_SIGNING_KEY is not set/)
      const rehearsed = await call(run, { REHEARSAL_SIGNING_KEY: pem(job.privateKey) })
      expect(rehearsed.exitCode, rehearsed.text).to.equal(0)
      expect(rehearsed.text).to.not.include('PRIVATE KEY')

      const gate = ['gate', 'certificate.json']
      expect(await call(gate)).to.deep.include({
        exitCode: 1,
        text: 'refused: lead has not approved it: rehearse approve --as lead.',
      })
      const stranger = await call(['approve', 'certificate.json', '--as', 'lead'], {
        REHEARSAL_SIGNING_KEY: pem(job.privateKey),
      })
      expect(stranger)
        .to.include({ exitCode: 2 })
        .and.property('text')
        .match(/not the one trusted for lead/)
      const base64 = Buffer.from(pem(lead.privateKey)).toString('base64')
      expect(
        (await call(['approve', 'certificate.json', '--as', 'lead'], { REHEARSAL_SIGNING_KEY: base64 }))
          .exitCode,
      ).to.equal(0)
      expect(await call(gate))
        .to.include({ exitCode: 0 })
        .and.property('text')
        .match(/^open: rehearsal r\w+ of /)
      expect((await call([...gate, '--pending', 'nothing'])).text).to.match(
        /About to run: nothing\. Rehearsed: 2025_03_10/,
      )
      expect((await call([...gate, '--max-age', '1ms'])).text).to.match(/backup is .* hours old/)

      const migration = join(project, 'migrations/2025_04_14_001_postage_check.ts')
      await writeFile(migration, `${await readFile(migration, 'utf8')} `)
      expect(await call(gate)).to.deep.include({
        exitCode: 1,
        text: 'refused: migrations/2025_04_14_001_postage_check.ts is not what was rehearsed.',
      })

      // A later rehearsal that does not pass takes the certificate away.
      await writeFile(migration, 'export async function up() { throw new Error("no") }')
      expect((await call(run, { REHEARSAL_SIGNING_KEY: pem(job.privateKey) })).exitCode).to.equal(1)
      expect(await call(gate))
        .to.include({ exitCode: 2 })
        .and.property('text')
        .match(/certificate\.json cannot be read/)
    })
  })
})

async function makeProject(
  project: string,
  keys: Record<string, ReturnType<typeof generateKeyPairSync>['publicKey']>,
): Promise<void> {
  for (const folder of [
    'migrations',
    'specs',
    'fixtures/app',
    'fixtures/comicscout.sql.gz',
    'package.json',
    'tsconfig.json',
  ]) {
    await cp(packageFile(folder), join(project, folder), { recursive: true })
  }
  await symlink(packageFile('node_modules'), join(project, 'node_modules'))
  const example = await readFile(packageFile('rehearsal.config.ts'), 'utf8')
  const trusted = Object.entries(keys).map(([role, key]) => {
    const text = key.export({ format: 'der', type: 'spki' }).toString('base64')
    return `${role}: '${text}'`
  })
  const certificate = `certificate: { keys: { ${trusted.join(', ')} }, approvals: ['lead'] },`
  await writeFile(
    join(project, 'rehearsal.config.ts'),
    example.replace('export default {', `export default {\n  ${certificate}`),
  )
}
