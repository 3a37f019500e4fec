import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { dockerClient } from '../harness/engines/docker-client.ts'
import { ownerLabel } from '../harness/engines/docker-labels.ts'
import { baseLabel, listVolumes } from '../harness/engines/docker-volumes.ts'
import { isAlive, parseOwner } from '../harness/runs/owner.ts'
import { packageFile } from '../harness/docs.ts'

const kills = 10

/** Makers of one snapshot are killed at random moments; then one may finish, and must leave a snapshot and nothing else. */
export async function killMakers(
  engines: readonly ('docker' | 'embedded')[],
  directory: string,
): Promise<void> {
  for (const engine of engines) {
    const env = {
      REHEARSAL_STATE: join(directory, 'state'),
      XDG_CACHE_HOME: join(directory, 'cache'),
      TMPDIR: directory,
    }
    const backup = join(directory, `${engine}.sql`)
    await makeUnique(backup)
    const start = (...args: string[]) =>
      execa(process.execPath, [packageFile('harness/cli.ts'), ...args], {
        env,
        reject: false,
        stdin: 'ignore',
      })
    const clone = () => start('clone', '--backup', backup, '--engine', engine)
    for (let kill = 0; kill < kills; kill += 1) {
      const maker = clone()
      await sleep(300 + Math.random() * 5_000)
      maker.kill('SIGKILL')
      await maker
    }
    const { exitCode, stdout, stderr } = await clone()
    const rows = await execa('psql', [stdout, '-Atc', 'select count(*) from listings'], { reject: false })
    for (const [, id] of (await start('clone', 'ls')).stdout.matchAll(/^(r\w{10})/gm))
      await start('clone', 'rm', String(id))
    const stored = JSON.parse((await start('snapshots', 'ls', '--json')).stdout) as {
      key: string
      record: { backup: { path: string } }
    }[]
    const made = stored.filter(({ record }) => record.backup.path === backup)
    for (const { key } of made) await start('snapshots', 'rm', key)
    const left = await leftBehind(directory)
    console.log(
      `${engine}: ${kills} makers killed; the next one: exit code ${exitCode}, ${rows.stdout} rows, ${made.length} snapshot, left behind: ${left.join(' ') || 'nothing'}${exitCode === 0 ? '' : stderr}`,
    )
  }
}

/** Volumes that rest on no snapshot and whose program is gone, and what lies in the bench's own directories. */
async function leftBehind(directory: string): Promise<string[]> {
  const client = await dockerClient().catch(() => undefined)
  const volumes = client === undefined ? [] : await listVolumes(client)
  const seals = volumes.filter(({ role }) => role === 'snapshot')
  const shelved = new Set(seals.map(({ labels }) => labels[baseLabel]))
  const dead = volumes.filter(({ name, role, labels }) => {
    const owner = parseOwner(labels[ownerLabel] ?? '')
    return role !== 'snapshot' && !shelved.has(name) && owner !== undefined && !isAlive(owner)
  })
  const paths = await readdir(directory, { recursive: true })
  return [
    ...dead.map(({ name }) => name),
    ...paths.filter((path) => /runs\/r\w+$|snapshots\/[^/]+$|locks\/[^/]+$/.test(path)),
  ]
}

/** The worked example's backup with a comment of its own, so that no stored snapshot is of it. */
async function makeUnique(path: string): Promise<void> {
  const { gunzipSync } = await import('node:zlib')
  const { readFile, writeFile } = await import('node:fs/promises')
  const sql = gunzipSync(await readFile(packageFile('fixtures/comicscout.sql.gz'))).toString()
  await writeFile(path, `${sql}\n-- ${path}\n`)
}
