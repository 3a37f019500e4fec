import { expect } from 'chai'
import { cloneOf } from '../engines/docker-clone.ts'
import { dockerClient } from '../engines/docker-client.ts'
import { baseLabel, listVolumes } from '../engines/docker-volumes.ts'
import { engines } from '../engines/index.ts'
import type { Freezing, Frozen, ServerRequest } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { openRun } from '../runs/open-run.ts'
import type { Run } from '../runs/run.ts'
import { engineOrSkip } from '../testing/program.ts'
import { snapshotClones, type SnapshotClones } from './snapshot-clones.ts'
import { templateClones } from './template-clones.ts'

for (const engine of ['embedded', 'docker'] as const) {
  describe(`clones of a snapshot, ${engine} engine`, function () {
    this.timeout(120_000)
    let run: Run
    let freezing: Freezing
    let request: ServerRequest
    let frozen: Frozen
    let clones: SnapshotClones

    before(async function () {
      await engineOrSkip(engine, this)
      freezing = engines[engine].freezing ?? this.skip()
      run = await openRun()
      request = { major: 17, image: undefined, serverUrl: undefined, run }
      const server = await freezing.start(request)
      await server.createDatabase('restored')
      await withClient(server.connection('restored'), async (client) => {
        await client.query('create table t as select i from generate_series(1, 1000) i')
      })
      frozen = await server.freeze()
      await server.stop()
      clones = snapshotClones({ freezing, frozen, request, database: 'restored', method: 'tried out' })
    })

    after(async () => {
      if (clones !== undefined) await clones.closeAll()
      if (frozen !== undefined) await freezing.discard(frozen)
      if (run !== undefined) await run.dispose()
    })

    it('have what was frozen, on servers of their own, and do not see what others write', async () => {
      const [one, other] = await Promise.all([
        clones.open({ purpose: 'one' }),
        clones.open({ purpose: 'other', isolated: true }),
      ])
      expect([one.isolated, other.isolated]).to.deep.equal([true, true])
      await withClient(one.connection, async (client) => {
        await client.query('delete from t where i > 10')
        await client.query('checkpoint')
      })
      const rows = (connection = one.connection) =>
        withClient(connection, async (client) => {
          const { rows } = await client.query<{ count: string }>('select count(*) as count from t')
          return rows[0]?.count
        })
      expect([await rows(), await rows(other.connection)]).to.deep.equal(['10', '1000'])
      await one.close()
      await one.close()
      expect(await rows(other.connection)).to.equal('1000')
      const third = await clones.open({ purpose: 'third' })
      expect(await rows(third.connection)).to.equal('1000')
      const inside = snapshotClones({
        freezing,
        frozen,
        request,
        database: 'restored',
        method: 'tried out',
        within: templateClones(third.server, 'restored'),
      })
      const copy = await inside.open({ purpose: 'copy' })
      expect([copy.isolated, copy.server]).to.deep.equal([false, third.server])
      expect(await rows(copy.connection)).to.equal('1000')
      await copy.close()
      await clones.closeAll()
    })

    if (engine === 'docker')
      it('are copies where the Docker host has no overlay volumes', async () => {
        const copy = await cloneOf(await dockerClient(), frozen, { ...request, purpose: 'copied' }, 'copy')
        try {
          expect(copy.method).to.match(/^copies/)
          await copy.unshare('restored')
          await withClient(copy.server.connection('restored'), async (client) => {
            const { rows } = await client.query('delete from t returning i')
            expect(rows).to.have.length(1000)
          })
        } finally {
          await copy.server.stop()
        }
        const left = (await listVolumes(await dockerClient())).filter(
          ({ labels }) => labels[baseLabel] === frozen.place,
        )
        expect(left).to.deep.equal([])
      })

    it('are refused when what was frozen is not what it was, or is gone', async () => {
      for (const altered of [
        { ...frozen, controlDigest: '0'.repeat(64) },
        { ...frozen, place: `${frozen.place}-gone` },
      ]) {
        const opening = freezing.clone(altered, { ...request, purpose: 'altered' })
        const error = await opening.catch((thrown: unknown) => thrown)
        expect(error).to.be.instanceOf(HarnessError)
        expect((error as HarnessError).code).to.equal('snapshot-altered')
      }
    })
  })
}
