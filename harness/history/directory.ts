import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError, messageOf } from '../errors.ts'
import type { RehearsalRecord } from '../record.ts'
import type { HistoryPlace, HistoryStore, Listed, OpenHistory } from './history-store.ts'
import { parseRecord } from './parse-record.ts'

/** A directory of JSON, a file for each rehearsal, whose names sort by time. Made when the first one is recorded. */
export const directory = {
  name: 'directory',
  description: 'a directory of JSON files, one for each rehearsal',
  open: async (place) => openDirectory(place),
} satisfies HistoryStore

/** `2026-11-23T02-00-05-123Z_r1abc.json`. */
const recordName = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)_([\w-]+)\.json$/

function openDirectory(place: HistoryPlace): OpenHistory {
  return {
    record: (record) => write(place, record),
    list: (last) => list(place, last),
    get: async (id) => {
      const name = (await namesOf(place)).find((it) => recordName.exec(it)?.[2] === id)
      const read = name === undefined ? undefined : await readOne(place, name)
      return read === undefined || typeof read === 'string' ? undefined : read
    },
    close: async () => {},
  }
}

async function write(place: HistoryPlace, record: RehearsalRecord): Promise<void> {
  const name = `${new Date(record.startedAt).toISOString().replaceAll(/[:.]/g, '-')}_${record.id}.json`
  const unfinished = join(place.directory, `.${name}.${process.pid}.tmp`)
  try {
    await makeDirectory(place.directory)
    const file = await open(unfinished, 'w')
    try {
      await file.writeFile(`${JSON.stringify(record, undefined, 1)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, join(place.directory, name))
    await prune(place)
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {})
    throw new HarnessError(
      'history-not-written',
      `The rehearsal could not be recorded in ${place.directory}: ${messageOf(cause)}`,
      {
        hint: 'Make the directory writable, name another one (--history PATH), or say --history off.',
        cause,
      },
    )
  }
}

/** What is in it belongs to the machine and not to the repository, unless somebody says so by removing the file. */
async function makeDirectory(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true })
  if (made !== undefined) await writeFile(join(path, '.gitignore'), '*\n')
}

/** Unfinished files are removed after an hour: whoever wrote them is gone. */
const unfinishedAtMostMs = 3_600_000

async function prune(place: HistoryPlace): Promise<void> {
  const names = await namesOf(place)
  const isOld = (name: string) => {
    const [, time = ''] = recordName.exec(name) ?? []
    const at = Date.parse(time.replace(/T(\d\d)-(\d\d)-(\d\d)-/, 'T$1:$2:$3.'))
    return place.maxAgeMs !== undefined && Date.now() - at > place.maxAgeMs
  }
  const mine = []
  for (const name of names.toReversed()) {
    const record = await readOne(place, name)
    if (typeof record !== 'string' && record?.project === place.project) mine.push(name)
  }
  const surplus = mine.filter((name, index) => index >= place.keep || isOld(name))
  for (const name of surplus) await rm(join(place.directory, name), { force: true })
  for (const name of await readdir(place.directory)) {
    if (!/^\.\d{4}-.*\.tmp$/.test(name)) continue
    const path = join(place.directory, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > unfinishedAtMostMs) await rm(path, { force: true })
  }
}

async function list(place: HistoryPlace, last: number): Promise<Listed> {
  const records: RehearsalRecord[] = []
  const problems: string[] = []
  for (const name of (await namesOf(place)).toReversed()) {
    if (records.length >= last) break
    const read = await readOne(place, name)
    if (typeof read === 'string') problems.push(`${join(place.directory, name)}: ${read}`)
    else if (read?.project === place.project) records.unshift(read)
  }
  return { records, problems }
}

/** Names of records, oldest first; none when there is no directory yet. */
async function namesOf({ directory }: HistoryPlace): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => recordName.test(name)).toSorted()
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw new HarnessError(
      'history-unreachable',
      `The history ${directory} cannot be read: ${messageOf(cause)}`,
      {
        hint: 'Make it a readable directory, name another one (--history PATH), or say --history off.',
        cause,
      },
    )
  }
}

/** The record, or what is wrong with it; undefined when another run has just removed it. */
async function readOne(
  { directory }: HistoryPlace,
  name: string,
): Promise<RehearsalRecord | string | undefined> {
  try {
    const record = parseRecord(JSON.parse(await readFile(join(directory, name), 'utf8')))
    return 'problem' in record ? record.problem : record
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    return messageOf(error)
  }
}
