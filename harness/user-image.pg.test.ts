import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from './docs.ts'
import { docker } from './engines/docker.ts'
import { withClient } from './postgres/client.ts'
import { openRun } from './runs/open-run.ts'
import { dockerTools } from './testing/dump.ts'
import { engineOrSkip, runProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'

const image = 'pg-rehearsal-test-pgvector:17'
const dockerfile = `FROM postgres:17
RUN apt-get update -qq \\
  && apt-get install -qq --yes --no-install-recommends postgresql-17-pgvector \\
  && rm -rf /var/lib/apt/lists/*
`

describe('an image of the team’s own, docker engine', function () {
  this.timeout(180_000)

  before(async function () {
    await engineOrSkip('docker', this)
    const build = ['build', '--quiet', '--network=host', '--tag', image, '-']
    const { exitCode, stderr } = await execa('docker', build, { input: dockerfile, reject: false })
    if (exitCode === 0) return
    console.log(`    skipped: no image with pgvector can be built: ${stderr.slice(-300)}`)
    this.skip()
  })

  it('has the extension that a backup needs, which is asked for without it', () =>
    withTemporary(async (cwd) => {
      await symlink(packageFile('node_modules'), join(cwd, 'node_modules'))
      const backup = await vectors(cwd)
      await mkdir(join(cwd, 'migrations'))
      await writeFile(join(cwd, 'migrations/001_label.mjs'), migration)
      await writeFile(join(cwd, 'near.spec.mjs'), spec)
      const args = ['--engine', 'docker', '--backup', backup, '--specs', '*.spec.mjs']
      const { exitCode, rehearsal, stdout } = await runProgram([...args, '--image', image], { cwd })
      expect(rehearsal?.findings.filter(({ severity }) => severity !== 'notice')).to.deep.equal([])
      expect(exitCode, stdout).to.equal(0)
      expect(rehearsal?.engine?.image).to.equal(image)
      expect(rehearsal?.tables).to.deep.include({
        ...rehearsal?.tables[0],
        name: 'public.items',
        rows: 2_000,
      })
      expect(rehearsal?.specs.map(({ phase, passed }) => `${phase} ${passed}`)).to.deep.equal([
        'migrated 1',
        'rolled-back 1',
      ])
      const without = await runProgram(args, { cwd })
      expect(without.exitCode).to.equal(2)
      const [missing] = without.rehearsal?.findings.filter(({ id }) => id === 'extension-missing') ?? []
      expect(missing?.message).to.include('vector')
      expect(missing?.remedy).to.include('--image pgvector/pgvector:pg17')
    }))
})

const migration = `
export const up = async (db) => {
  await db.schema.alterTable('items').addColumn('label', 'text').execute()
  await db.updateTable('items').set({ label: 'one' }).where('id', '=', 1).execute()
}
export const down = (db) => db.schema.alterTable('items').dropColumn('label').execute()
`

const spec = `
import pg from 'pg'

it('finds what is nearest', async () => {
  const client = new pg.Client(process.env.DATABASE_URL)
  await client.connect()
  const { rows } = await client.query("select id from items order by embedding <-> '[7,7,7]' limit 1")
  await client.end()
  if (rows[0].id !== 7) throw new Error(JSON.stringify(rows))
})
`

/** A backup of a table of vectors with an index of the extension's own; returns its path. */
async function vectors(directory: string): Promise<string> {
  const run = await openRun()
  const server = await docker.start({ major: 17, image, serverUrl: undefined, run })
  try {
    await server.createDatabase('near')
    await withClient(server.connection('near'), async (client) => {
      await client.query(`create extension vector;
        create table items (id int primary key, embedding vector(3) not null);
        insert into items select n, array[n, n, n]::vector from generate_series(1, 2000) n;
        create index on items using hnsw (embedding vector_l2_ops)`)
    })
    const path = await (await dockerTools(server))?.dump('near', 'custom', directory)
    if (path === undefined) throw new Error('There is no docker command line.')
    return path
  } finally {
    await server.stop()
    await run.dispose()
  }
}
