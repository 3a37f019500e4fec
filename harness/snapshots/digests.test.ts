import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { withTemporary } from '../testing/temporary.ts'
import { findDigests, forgetDigests, saveDigests } from './digests.ts'

const snapshot = { key: 'a1', frozen: { place: 'a volume', controlDigest: 'c0ffee' } }
const digests = {
  recipe: 'of it',
  takenAt: '2026-03-10T00:00:00.000Z',
  tables: [
    {
      name: 'public.t',
      oid: '16384',
      kind: 'table' as const,
      rows: 2,
      digest: '-17',
      columns: [{ name: 'id', attnum: 1, type: 'integer' }],
      bytes: 8192,
    },
  ],
}

describe('digests stored with a snapshot', () => {
  const stateBefore = process.env['REHEARSAL_STATE']

  afterEach(() => {
    if (stateBefore === undefined) delete process.env['REHEARSAL_STATE']
    else process.env['REHEARSAL_STATE'] = stateBefore
  })

  const stored = (work: (path: string, directory: string) => Promise<void>) =>
    withTemporary(async (directory) => {
      process.env['REHEARSAL_STATE'] = directory
      await saveDigests(snapshot, digests)
      await work(join(directory, 'digests', 'a1.json'), directory)
    })

  it('are found again, for nobody else to read, until they are forgotten', () =>
    stored(async (path, directory) => {
      expect(await findDigests(snapshot, 'of it')).to.deep.equal(digests)
      expect((await stat(path)).mode & 0o777).to.equal(0o600)
      expect(await readdir(join(directory, 'digests'))).to.deep.equal(['a1.json'])
      await forgetDigests('a1')
      expect(await findDigests(snapshot, 'of it')).to.equal(undefined)
    }))

  it('are none when they were taken of something else, or in another way', () =>
    stored(async () => {
      const { frozen } = snapshot
      expect(await findDigests(snapshot, 'of another')).to.equal(undefined)
      expect(await findDigests({ ...snapshot, key: 'b2' }, 'of it')).to.equal(undefined)
      const others = [
        { ...frozen, place: 'another' },
        { ...frozen, controlDigest: 'decaf' },
      ]
      for (const other of others)
        expect(await findDigests({ ...snapshot, frozen: other }, 'of it')).to.equal(undefined)
    }))

  it('are none when the file is damaged, cut or somebody else’s, and are no error', () =>
    stored(async (path) => {
      const text = await readFile(path, 'utf8')
      const damages = [
        text.replace('"digest":"-17"', '"digest":"-18"'),
        text.slice(0, -20),
        '',
        'null\nnull\n',
        '{}',
        text.split('\n').toReversed().join('\n'),
      ]
      for (const damage of damages) {
        await writeFile(path, damage)
        expect(await findDigests(snapshot, 'of it'), damage).to.equal(undefined)
      }
      // Whole, and not what it should be.
      await saveDigests(snapshot, { ...digests, takenAt: 'yesterday' })
      expect(await findDigests(snapshot, 'of it')).to.equal(undefined)
      await saveDigests(snapshot, digests)
      expect(await findDigests(snapshot, 'of it')).to.deep.equal(digests)
    }))

  it('are not kept where nothing can be written, which is no error', async () => {
    process.env['REHEARSAL_STATE'] = '/dev/null/nowhere'
    await saveDigests(snapshot, digests)
    expect(await findDigests(snapshot, 'of it')).to.equal(undefined)
    await forgetDigests('a1')
  })
})
