import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { withTemporary } from '../testing/temporary.ts'
import { findMigrationFiles } from './migration-files.ts'

async function withFiles(files: readonly string[], work: (cwd: string) => Promise<void>): Promise<void> {
  await withTemporary(async (cwd) => {
    for (const file of files) {
      await mkdir(join(cwd, file, '..'), { recursive: true })
      await writeFile(join(cwd, file), '')
    }
    await work(cwd)
  })
}

describe('files of migrations', () => {
  it('are those of the folder that have the name', async () => {
    await withFiles(
      ['db/migrations/001_a.ts', 'db/migrations/001_a.md', 'db/migrations/002.b.js'],
      async (cwd) => {
        const source = { path: join(cwd, 'db/migrations') }
        expect(await findMigrationFiles(source, ['001_a', '002.b', '003_c'], cwd)).to.deep.equal([
          { name: '001_a', path: 'db/migrations/001_a.ts' },
          { name: '002.b', path: 'db/migrations/002.b.js' },
        ])
      },
    )
  })

  it('are found beside a module, unless two have the name', async () => {
    const files = ['db/migrator.ts', 'db/migrations/001.ts', 'db/migrations/002.ts', 'db/seeds/002.ts']
    await withFiles(files, async (cwd) => {
      const source = { path: join(cwd, 'db/migrator.ts') }
      expect(await findMigrationFiles(source, ['001', '002'], cwd)).to.deep.equal([
        { name: '001', path: 'db/migrations/001.ts' },
      ])
    })
  })
})
