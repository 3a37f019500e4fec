import { expect } from 'chai'
import { copyFile, mkdir, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { packageFile } from '../docs.ts'
import { HarnessError } from '../errors.ts'
import { staleBackup } from '../stages/backup-age.ts'
import { withTemporary } from '../testing/temporary.ts'
import { openBackup } from './index.ts'

const custom = packageFile('fixtures/comicscout.dump')
const plain = (date: string): string =>
  `-- PostgreSQL database dump\n\n-- Started on ${date} UTC\n\nCREATE TABLE t ();\n\n-- PostgreSQL database dump complete\n`

describe('a directory of backups', () => {
  it('stands for the newest by its own date, whatever its file says', async () => {
    await withTemporary(async (directory) => {
      await copyFile(custom, join(directory, 'a.dump'))
      await writeFile(join(directory, 'b.sql'), plain('2099-01-01 00:00:00'))
      await writeFile(join(directory, 'c.sql'), plain('2020-01-01 00:00:00'))
      await writeFile(join(directory, 'backup.log'), 'all went well\n')
      await mkdir(join(directory, 'nested'))
      await copyFile(custom, join(directory, 'nested', 'd.dump'))
      await utimes(join(directory, 'b.sql'), 0, 0)
      expect(await taken(directory)).to.equal('b.sql')
      await writeFile(join(directory, 'b.sql'), plain('2019-01-01 00:00:00'))
      expect(await taken(directory)).to.be.oneOf(['a.dump', 'd.dump'])
    })
  })

  it('is an error when the newest file is a damaged backup', async () => {
    await withTemporary(async (directory) => {
      await writeFile(join(directory, 'good.sql'), plain('2020-01-01 00:00:00'))
      await writeFile(join(directory, 'tonight.dump'), '')
      expect(await taken(directory)).to.equal('backup-empty')
      await utimes(join(directory, 'tonight.dump'), 0, 0)
      expect(await taken(directory)).to.equal('good.sql')
    })
  })

  it('is an error when there is none in it', async () => {
    await withTemporary(async (directory) => {
      await writeFile(join(directory, 'a.log'), 'nothing\n')
      await writeFile(join(directory, 'b.log'), 'nothing\n')
      expect(await taken(directory)).to.equal('backup-missing')
    })
  })
})

describe('a stale backup', () => {
  it('is an error when an age is given', async () => {
    await withTemporary(async (directory) => {
      await writeFile(join(directory, 'a.sql'), plain('2020-01-01 00:00:00'))
      const { file, format } = await openBackup(join(directory, 'a.sql'))
      const facts = await format.describe(file, { schema: undefined, name: 'm' })
      const hour = { maxAgeMs: 3_600_000 }
      expect(staleBackup(file, facts, { maxAgeMs: undefined })).to.deep.equal([])
      const [finding] = staleBackup(file, facts, hour)
      expect(finding).to.include({ id: 'backup-stale', severity: 'error', subject: file.path })
      const undated = { ...facts, createdAt: null }
      expect(staleBackup(file, undated, hour)).to.deep.equal([])
      const old = { ...file, writtenAt: new Date(0) }
      expect(staleBackup(old, undated, hour)[0]?.message).to.include('date of its file')
      const undatable = { ...file, writtenAt: null }
      expect(staleBackup(undatable, facts, hour)[0]?.id).to.equal('backup-stale')
      for (const plan of [hour, { maxAgeMs: undefined, gate: hour }])
        expect(staleBackup(undatable, undated, plan)[0]).to.include({
          id: 'backup-age-unknown',
          severity: 'unverified',
        })
      expect(staleBackup(undatable, undated, { maxAgeMs: undefined })).to.deep.equal([])
    })
  })
})

async function taken(directory: string): Promise<string> {
  try {
    return basename((await openBackup(directory)).file.path)
  } catch (error) {
    if (error instanceof HarnessError) return error.code
    throw error
  }
}
