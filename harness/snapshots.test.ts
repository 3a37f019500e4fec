import { appendFile, chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { getContainerRuntimeClient } from 'testcontainers'
import { loadPlan } from './config.ts'
import type { Freezing } from './engines/engine.ts'
import { engines } from './engines/index.ts'
import { withClient } from './postgres/client.ts'
import type { Connection } from './postgres/connection.ts'
import { parseUrl } from './postgres/url.ts'
import { createRedactor } from './redact.ts'
import { listSnapshots, removeSnapshot, type Snapshot } from './snapshots/store.ts'
import { engineOrSkip, startProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'
import { findWorkClone, listWorkClones, openWorkClone, removeWorkClone } from './work-clones.ts'

for (const engine of ['embedded', 'docker'] as const) {
  describe(`snapshots, ${engine} engine`, function () {
    this.timeout(180_000)

    before(async function () {
      await engineOrSkip(engine, this)
    })

    it('are made once for two at a time, cloned, refused when altered, listed and removed', async () => {
      await withTemporary(async (directory) => {
        const scene = await world(engine, directory)
        try {
          await play(engine, scene, directory)
        } finally {
          await scene.removeAll()
        }
      })
    })
  })
}

/** Two makers are processes of their own, as they would be; what comes after them need not be. */
async function play(
  engine: 'embedded' | 'docker',
  { cloneIt, openHere, program, snapshots, volumes }: Awaited<ReturnType<typeof world>>,
  directory: string,
): Promise<void> {
  const volumesBefore = await volumes()

  const two = await Promise.all([cloneIt(), cloneIt()])
  expect(two.filter(({ said }) => !said.includes('snapshot '))).to.have.length(1)
  expect(await Promise.all(two.map(({ rows }) => rows()))).to.deep.equal(['1000', '1000'])
  const [made, ...others] = await snapshots()
  expect(others).to.have.length(0)
  expect(made?.clones).to.equal(2)

  const third = await openHere()
  expect(third.said).to.contain('snapshot ')
  await withClient(third.connection, (client) => client.query('delete from t'))
  expect([await third.rows(), await two[0]?.rows()]).to.deep.equal(['0', '1000'])
  const [psql, refused] = await Promise.all([
    program(['shell', '--clone', third.id, '--', '-Atc', 'select 6 * 7']),
    program(['snapshots', 'rm', made?.key ?? '']),
  ])
  expect(psql.stdout).to.equal('42')
  expect([refused.exitCode, refused.stderr]).to.satisfy(
    ([code, text]: [number, string]) => code === 2 && text.includes('3 clones alive'),
  )
  await program(['clone', 'rm', ...two.map(({ id }) => id)])
  await removeWorkClone(await findWorkClone(third.id))
  expect((await snapshots()).map(({ clones }) => clones)).to.deep.equal([0])

  await alter(engine, made)
  const fourth = await openHere()
  expect(fourth.said).not.to.contain('snapshot ')
  expect(await fourth.rows()).to.equal('1000')
  const [again] = await snapshots()
  expect(again?.key).to.equal(made?.key)
  expect(again?.record.madeAt).not.to.equal(made?.record.madeAt)

  await removeWorkClone(await findWorkClone(fourth.id))
  const removed = await program(['snapshots', 'rm', again?.key.slice(0, 10) ?? ''])
  expect(removed.exitCode).to.equal(0)
  expect(await snapshots()).to.deep.equal([])
  expect(await volumes()).to.deep.equal(volumesBefore)
  expect(await readdir(join(directory, 'tmp', `pg-rehearsal-${process.getuid?.()}`, 'runs'))).to.deep.equal(
    [],
  )
}

/** A project with a backup that is like no other, and a state and a cache of its own. */
async function world(engine: 'embedded' | 'docker', directory: string) {
  const tmp = join(directory, 'tmp')
  await mkdir(tmp)
  await chmod(tmp, 0o711)
  const backup = join(directory, 'backup.sql')
  await writeFile(backup, dump(directory))
  const env = {
    TMPDIR: tmp,
    REHEARSAL_STATE: join(directory, 'state'),
    XDG_CACHE_HOME: join(directory, 'cache'),
    REHEARSAL_SNAPSHOTS: 'auto',
  }
  const program = (args: readonly string[]) => startProgram(args, { cwd: directory, env })
  const told = (said: string, id: string, connection: Connection) => {
    const rows = () =>
      withClient(connection, async (client) => {
        return (await client.query<{ count: string }>('select count(*) as count from t')).rows[0]?.count
      })
    return { said, connection, id, rows }
  }
  const cloneIt = async () => {
    const args = ['clone', '--backup', backup, '--engine', engine, '--ttl', '10m']
    const { stdout, stderr, exitCode } = await program(args)
    const connection = parseUrl(stdout)
    const id = /--clone (\w+)/.exec(stderr)?.[1]
    if (exitCode !== 0 || connection === undefined || id === undefined) throw new Error(stderr)
    return told(stderr, id, connection)
  }
  const openHere = async () => {
    const flags = { backup, engine }
    const plan = await loadPlan({ cwd: directory, flags, configFile: undefined, environment: {} })
    const said: string[] = []
    const { id, connection } = await openWorkClone(plan, 600_000, {
      observe: (event) => void (event.kind === 'note' && said.push(event.text)),
      signal: new AbortController().signal,
      redactor: createRedactor(),
    })
    return told(said.join('\n'), id, connection)
  }
  const snapshots = async () => {
    const all = await listSnapshots(freezingOf(engine).shelf)
    return all.filter(({ record }) => record.backup.path === backup)
  }
  const removeAll = async () => {
    for (const clone of await listWorkClones()) await removeWorkClone(clone)
    for (const snapshot of await snapshots()) await removeSnapshot(freezingOf(engine).shelf, snapshot)
    Object.assign(process.env, before)
    for (const name of Object.keys(env)) if (!(name in before)) delete process.env[name]
  }
  const before = Object.fromEntries(
    Object.keys(env).flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
  Object.assign(process.env, env)
  return { cloneIt, openHere, program, snapshots, removeAll, volumes: () => volumesOf(engine, directory) }
}

function freezingOf(engine: 'embedded' | 'docker'): Freezing {
  const { freezing } = engines[engine]
  if (freezing === undefined) throw new Error(`${engine} freezes nothing`)
  return freezing
}

function dump(unique: string): string {
  return `-- PostgreSQL database dump
-- Dumped from database version 17.2
-- Dumped by pg_dump version 17.2
-- ${unique}
CREATE TABLE public.t (i integer NOT NULL);
COPY public.t (i) FROM stdin;
${Array.from({ length: 1_000 }, (_, index) => index).join('\n')}
\\.
ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (i);
-- PostgreSQL database dump complete
`
}

/** As somebody would who starts a server of his own on the data. */
async function alter(engine: 'embedded' | 'docker', snapshot: Snapshot | undefined): Promise<void> {
  const place = snapshot?.frozen.place ?? ''
  if (engine === 'embedded') return await appendFile(join(place, 'global/pg_control'), 'x')
  const { container } = await getContainerRuntimeClient()
  const [, altering] = await container.dockerode.run(
    'postgres:17',
    ['sh', '-c', 'echo x >> /data/global/pg_control'],
    process.stderr,
    { Entrypoint: [], HostConfig: { AutoRemove: true, Binds: [`${place}:/data`] } },
  )
  expect(altering).to.be.an('object')
}

/** Those that the test's own runs made, other than the snapshot's. */
async function volumesOf(engine: string, directory: string): Promise<string[]> {
  if (engine !== 'docker') return []
  const { container } = await getContainerRuntimeClient()
  const { Volumes } = await container.dockerode.listVolumes({ filters: { label: ['pg-rehearsal.role'] } })
  const ours = (Volumes ?? []).filter(({ Labels }) => Labels['pg-rehearsal.record']?.includes(directory))
  return ours.map(({ Name }) => Name)
}
