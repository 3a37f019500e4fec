import { expect } from 'chai'
import { readdir } from 'node:fs/promises'
import { originOf, origins } from './index.ts'
import type { Origin, WantedBackup } from './origin.ts'

const wanted = (backup: string, backupCommand?: string): WantedBackup => ({ backup, backupCommand })

describe('every origin', () => {
  it('is called as its file, and says what it is', async () => {
    const files = await readdir(import.meta.dirname)
    for (const [name, origin] of Object.entries<Origin>(origins)) {
      expect(origin.name).to.equal(name)
      expect(files).to.include(`${name}.ts`)
      expect(origin.description).not.to.equal('')
    }
  })

  it('is told by what is asked for alone', () => {
    const cases = [
      [wanted('/backups/monday.dump'), 'file'],
      [wanted('/backups/s3://odd'), 'file'],
      [wanted('s3://backups/nightly'), 's3'],
      [wanted('pgbackrest:main'), 'pgbackrest'],
      [wanted('', 'cat monday.dump'), 'command'],
    ] as const
    for (const [asked, name] of cases) {
      expect(originOf(asked).name).to.equal(name)
      const holder = Object.values<Origin>(origins).find((origin) => origin.holds(asked))
      expect(holder?.name).to.equal(name)
    }
  })
})
