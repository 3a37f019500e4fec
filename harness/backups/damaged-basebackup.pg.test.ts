import { expect } from 'chai'
import { execa } from 'execa'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'
import { sourceServer } from '../testing/base-backup.ts'
import { dockerTools } from '../testing/dump.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { openBackup } from './index.ts'

type Damage = (content: Buffer) => Buffer | undefined

const gone: Damage = () => undefined
const half: Damage = (content) => content.subarray(0, content.length / 2)
const flipped = (content: Buffer): Buffer => {
  const copy = Buffer.from(content)
  const middle = Math.trunc(copy.length / 2)
  copy.writeUInt8(copy.readUInt8(middle) ^ 0xff, middle)
  return copy
}
/** Where the times and positions are: the rest of its 8 kB is empty. */
const early: Damage = (content) => Buffer.concat([flipped(content.subarray(0, 200)), content.subarray(200)])
const incremental: Damage = (label) =>
  Buffer.concat([label, Buffer.from('INCREMENTAL FROM LSN: 0/2000028\n')])

const tablespace = /^\d+\.tar\.gz$/
const walFile = /^[0-9A-F]{24}$/

const cases: readonly (readonly [
  title: string,
  damages: readonly (readonly [folder: string, file: string | RegExp, damage: Damage])[],
  code: string,
  says: RegExp,
])[] = [
  ['base.tar.gz cut off', [['tar', 'base.tar.gz', half]], 'backup-truncated', /cut off/],
  ['base.tar.gz with a changed byte', [['tar', 'base.tar.gz', flipped]], 'backup-corrupt', /damaged|invalid/],
  ['no pg_wal.tar.gz', [['tar', 'pg_wal.tar.gz', gone]], 'backup-without-wal', /pg_wal\/0000000100/],
  ['no tar of a tablespace', [['tar', tablespace, gone]], 'backup-incomplete', /of tablespace \d+/],
  [
    'neither that nor a manifest',
    [
      ['tar', tablespace, gone],
      ['tar', 'backup_manifest', gone],
    ],
    'backup-incomplete',
    /tablespace \d+ is not in it/,
  ],
  ['a manifest cut off', [['tar', 'backup_manifest', half]], 'backup-corrupt', /manifest .* cut off/],
  [
    'a table with a changed byte',
    [['plain/base/1', '1259', flipped]],
    'backup-corrupt',
    /base\/1\/1259 does not have the checksum/,
  ],
  [
    'a table cut off',
    [['plain/base/1', '1259', half]],
    'backup-corrupt',
    /base\/1\/1259 has \d+ bytes and should/,
  ],
  ['a file missing', [['plain/pg_xact', '0000', gone]], 'backup-incomplete', /such as pg_xact\/0000/],
  ['a WAL file missing', [['plain/pg_wal', walFile, gone]], 'backup-without-wal', /pg_wal\/0000000100/],
  [
    'no control file',
    [
      ['plain/global', 'pg_control', gone],
      ['plain', 'backup_manifest', gone],
    ],
    'backup-incomplete',
    /global\/pg_control is not in it/,
  ],
  [
    'a damaged control file',
    [
      ['plain/global', 'pg_control', early],
      ['plain', 'backup_manifest', gone],
    ],
    'backup-corrupt',
    /pg_control/,
  ],
  [
    'no label and no manifest',
    [
      ['plain', 'backup_label', gone],
      ['plain', 'backup_manifest', gone],
    ],
    'backup-inconsistent',
    /running server/,
  ],
  [
    'only what changed since another',
    [
      ['plain', 'backup_label', incremental],
      ['plain', 'backup_manifest', gone],
    ],
    'backup-incremental',
    /incremental/,
  ],
]

describe('a damaged base backup', () => {
  let home = ''

  before(async function () {
    const docker = testServers.find(({ engine, major }) => engine === 'docker' && major === 17)
    if (docker === undefined) throw new Error('Postgres 17 on Docker is not listed.')
    await serverOrSkip(docker, this)
    await using source = await sourceServer(docker)
    const tools = (await dockerTools(source.server)) ?? this.skip()
    await tools.makeDirectory('/tmp/fast')
    await withClient(source.server.connection('postgres'), async (client) => {
      await client.query(`create tablespace fast location '/tmp/fast'`)
      await client.query('create table elsewhere tablespace fast as select 1 as a')
    })
    home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    await tools.baseBackup(join(home, 'tar'), ['--format=tar', '--gzip'])
    await unpack(home)
  })

  after(async () => {
    if (home !== '') await rm(home, { recursive: true })
  })

  it('is none when nothing is damaged, unpacked or not', async () => {
    const digests = [await described(join(home, 'tar')), await described(join(home, 'plain'))]
    expect(digests).to.deep.equal(['verified', 'verified'])
  })

  for (const [title, damages, code, says] of cases) {
    it(`with ${title} is one error: ${code}`, async () => {
      const undo: (() => Promise<void>)[] = []
      for (const [folder, file, damage] of damages) undo.push(await change(join(home, folder), file, damage))
      const top = damages[0]?.[0].split('/')[0] ?? ''
      const error = await described(join(home, top)).catch((thrown: unknown) => thrown)
      for (const restore of undo) await restore()
      expect(error).to.be.instanceOf(HarnessError)
      expect(error).to.include({ code })
      expect(String(error)).to.match(says)
    })
  }
})

/** The same backup as pg_basebackup writes it in its plain format, the tablespace in its place. */
async function unpack(home: string): Promise<void> {
  for (const name of await readdir(join(home, 'tar'))) {
    const stem = /^(.*)\.tar\.gz$/.exec(name)?.[1]
    if (stem === undefined) continue
    const into = join(
      home,
      'plain',
      stem === 'base' ? '' : stem === 'pg_wal' ? stem : join('pg_tblspc', stem),
    )
    await mkdir(into, { recursive: true })
    await execa('tar', ['xzf', join(home, 'tar', name), '-C', into])
  }
  await writeFile(
    join(home, 'plain', 'backup_manifest'),
    await readFile(join(home, 'tar', 'backup_manifest')),
  )
}

async function described(path: string): Promise<string | undefined> {
  const { file, format } = await openBackup(path)
  return (await format.describe(file, { schema: undefined, name: 'kysely_migration' })).physical?.manifest
}

/** Returns what undoes it. */
async function change(folder: string, file: string | RegExp, damage: Damage): Promise<() => Promise<void>> {
  const names = await readdir(folder)
  const name = typeof file === 'string' ? file : (names.find((each) => file.test(each)) ?? '')
  const path = join(folder, name)
  const before = await readFile(path)
  const after = damage(before)
  if (after === undefined) await rm(path)
  else await writeFile(path, after)
  return async () => await writeFile(path, before)
}
