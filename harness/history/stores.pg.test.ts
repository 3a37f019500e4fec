import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { urlOf } from '../postgres/url.ts'
import { nights, record } from '../testing/record.ts'
import { sharedServer } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import { keepRecord, readPast } from './history.ts'
import type { HistoryPlace, OpenHistory } from './history-store.ts'
import { historyStores, type HistoryStoreName } from './index.ts'

const names = Object.keys(historyStores) as HistoryStoreName[]

/** A fresh place for each kind of store, and an opened history in it. */
async function withStore(
  name: HistoryStoreName,
  settings: Partial<HistoryPlace>,
  work: (history: OpenHistory, place: HistoryPlace) => Promise<void>,
): Promise<void> {
  await withTemporary(async (directory) => {
    const server: Server | undefined = name === 'postgres' ? await sharedServer() : undefined
    const database = `history_${Math.random().toString(36).slice(2)}`
    await server?.createDatabase(database)
    const place: HistoryPlace = {
      project: 'shop',
      directory: join(directory, 'deep', 'history'),
      url: server && urlOf(server.connection(database)),
      keep: 100,
      maxAgeMs: undefined,
      ...settings,
    }
    const history = await historyStores[name].open(place)
    try {
      await work(history, place)
    } finally {
      await history.close()
      await server?.dropDatabase(database)
    }
  })
}

for (const name of names) {
  describe(`a history in a ${name}`, () => {
    it('gives back what was recorded, whatever it holds, oldest first and the newest of them', async () => {
      await withStore(name, {}, async (history) => {
        expect(await history.list(9)).to.deep.equal({ records: [], problems: [] })
        const [first, second, third] = nights(3)
        const told = record({ ...third, id: 'odd', summary: `"quoted" 'é' 👍 \\u0000 ${'x'.repeat(400)}` })
        for (const it of [told, first, second]) if (it !== undefined) await history.record(it)
        expect(await history.list(9)).to.deep.equal({ records: [first, second, told], problems: [] })
        expect((await history.list(2)).records).to.deep.equal([second, told])
        expect(await history.get('odd')).to.deep.equal(told)
        expect(await history.get('none')).to.equal(undefined)
      })
    })

    it('keeps what it is told to keep, of its own project alone', async () => {
      await withStore(name, { keep: 2 }, async (history, place) => {
        const other = await historyStores[name].open({ ...place, project: 'other' })
        const stranger = record({ project: 'other', id: 'theirs', startedAt: '2020-01-01T00:00:00.000Z' })
        await other.record(stranger)
        for (const it of nights(4)) await history.record(it)
        expect((await history.list(9)).records.map(({ id }) => id)).to.deep.equal(['night2', 'night3'])
        expect((await other.list(9)).records).to.deep.equal([stranger])
        await other.close()
      })
      await withStore(name, { maxAgeMs: 86_400_000 }, async (history) => {
        await history.record(record({ id: 'old' }))
        await history.record(record({ id: 'new', startedAt: new Date().toISOString() }))
        expect((await history.list(9)).records.map(({ id }) => id)).to.deep.equal(['new'])
      })
    })

    it('takes records of several rehearsals at once', async () => {
      await withStore(name, {}, async (_, place) => {
        await Promise.all(
          nights(6).map(async (it) => {
            const history = await historyStores[name].open(place)
            await history.record(it)
            await history.close()
          }),
        )
        const history = await historyStores[name].open(place)
        expect((await history.list(9)).records).to.have.length(6)
        await history.close()
      })
    })

    it('leaves out what is not whole, and says so', async () => {
      await withStore(name, {}, async (history, place) => {
        await history.record(record())
        const damaged = { ...record({ id: 'damaged' }), verdict: 'splendid' }
        if (place.url === undefined) {
          await writeFile(
            join(place.directory, '2026-02-02T00-00-00-000Z_damaged.json'),
            JSON.stringify(damaged),
          )
          await writeFile(join(place.directory, '2026-02-03T00-00-00-000Z_half.json'), '{"recordVersion":1,')
        } else {
          await history.record({ ...record({ id: 'half' }), recordVersion: 2 as 1 })
          await history.record(damaged as unknown as ReturnType<typeof record>)
        }
        const { records, problems } = await history.list(9)
        expect(records.map(({ id }) => id)).to.deep.equal(['r1'])
        expect(problems).to.have.length(2)
        expect(problems.join('\n')).to.contain('verdict')
        const { findings } = await readPast({ ...place, store: name }, 9)
        expect(findings.map(({ id, severity }) => `${id} ${severity}`)).to.deep.equal([
          'history-damaged warning',
        ])
      })
    })
  })
}

describe('a history in a directory', () => {
  it('leaves other files alone, and no unfinished one of its own', async () => {
    await withStore('directory', { keep: 1 }, async (history, { directory }) => {
      await mkdir(directory, { recursive: true })
      const stale = join(directory, '.2025-01-01T00-00-00-000Z_dead.json.1.tmp')
      for (const path of [stale, join(directory, 'notes.json')]) await writeFile(path, '{}')
      await utimes(stale, 1, 1)
      for (const it of nights(2)) await history.record(it)
      expect((await readdir(directory)).toSorted()).to.deep.equal([
        '2025-12-02T02-00-00-000Z_night1.json',
        'notes.json',
      ])
    })
  })

  it('keeps itself out of the repository when it is made', async () => {
    await withStore('directory', {}, async (history, { directory }) => {
      await history.record(record())
      expect(await readFile(join(directory, '.gitignore'), 'utf8')).to.equal('*\n')
    })
  })
})

describe('a history that is not there', () => {
  it('is a warning when a rehearsal reads it and when it records', async () => {
    await withTemporary(async (directory) => {
      const file = join(directory, 'file')
      await writeFile(file, '')
      const place = { project: 'shop', directory: file, keep: 1, maxAgeMs: undefined }
      for (const plan of [
        { ...place, url: undefined, store: 'directory' },
        { ...place, url: 'postgresql://someone:sesame@127.0.0.1:9/nothing', store: 'postgres' },
      ] as const) {
        const findings = [...(await readPast(plan, 9)).findings, ...(await keepRecord(plan, record()))]
        expect(findings.map(({ id, severity }) => `${id} ${severity}`)).to.deep.equal([
          'history-not-read warning',
          'history-not-recorded warning',
        ])
        expect(JSON.stringify(findings)).not.to.contain('sesame')
      }
    })
  })

  it('is not asked when it is off', async () => {
    const plan = {
      project: '',
      directory: '',
      keep: 1,
      maxAgeMs: undefined,
      url: undefined,
      store: 'off',
    } as const
    expect(await readPast(plan, 9)).to.deep.equal({ past: [], findings: [] })
    expect(await keepRecord(plan, record())).to.deep.equal([])
  })
})

describe('a history database', () => {
  it('of a later version is refused, and nothing in it is changed', async () => {
    await withStore('postgres', {}, async (history, place) => {
      await history.record(record())
      const server = await sharedServer()
      const database = new URL(place.url ?? '').pathname.slice(1)
      await withClient(server.connection(database), (client) =>
        client.query(`insert into rehearsals_migration values ('2999_01_01_001_later', '')`),
      )
      const error = await historyStores.postgres.open(place).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(HarnessError)
      expect(String(error)).to.contain('2999_01_01_001_later')
    })
  })
})
