import { expect } from 'chai'
import type { Inspection } from './inspect.ts'
import { packageFile } from './docs.ts'
import { startProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'

const pending = 7

describe('rehearse inspect', function () {
  this.timeout(30_000)

  for (const name of ['comicscout.dump', 'comicscout.sql.gz']) {
    it(`prints what ${name} holds and what is pending on it`, async () => {
      const path = packageFile(`fixtures/${name}`)
      const { exitCode, stdout, stderr } = await startProgram(['inspect', path, '--json'], {
        cwd: packageFile('.'),
      })
      expect(exitCode, stderr).to.equal(0)
      const inspection: Inspection = JSON.parse(stdout)
      expect(inspection).to.include({ path, compression: 'gzip', serverMajor: 17, encoding: 'UTF8' })
      expect(inspection.tables).to.include('public.listings')
      expect(inspection.roles).to.deep.equal(['comicscout', 'comicscout_app'])
      expect(inspection.pendingMigrations).to.have.lengthOf(pending)
      expect(inspection).not.to.have.property('clusterStatements')
      const people = await startProgram(['inspect', path], { cwd: packageFile('.') })
      expect(people.stdout)
        .to.match(/^format {10}\w+/m)
        .and.to.match(/^pending {9}2025_03_10_001/m)
    })
  }

  it('says why pending migrations are not known, and of no backup that it is none', async () => {
    await withTemporary(async (cwd) => {
      const path = packageFile('fixtures/comicscout.dump')
      const alone = await startProgram(['inspect', path], { cwd })
      expect(alone.exitCode, alone.stderr).to.equal(0)
      expect(alone.stdout).to.match(/^pending {9}unknown: /m)
      const none = await startProgram(['inspect', packageFile('package.json')], { cwd })
      expect(none.exitCode).to.equal(2)
      expect(none.stderr).to.match(/no Postgres backup.*\n→ /)
    })
  })
})
