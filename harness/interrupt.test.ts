import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { getContainerRuntimeClient } from 'testcontainers'
import { packageFile } from './docs.ts'
import { engineOrSkip, startProgram } from './testing/program.ts'

const moments = 5

for (const engine of ['embedded', 'docker'] as const) {
  describe(`a rehearsal that is ended early, ${engine} engine`, function () {
    this.timeout(120_000)
    // Everything of these runs lies in here, or carries its name in arguments or environment.
    let scratch = ''
    // What others have on the same Docker engine is theirs.
    const started = new Set<number | undefined>()

    before(async function () {
      await engineOrSkip(engine, this)
      scratch = await mkdtemp(join(tmpdir(), 'rehearsal-interrupt-'))
    })

    after(async () => {
      if (scratch !== '') await rm(scratch, { recursive: true, force: true })
    })

    const start = (cwd: string) => {
      const options = { cwd: packageFile(cwd), env: { TMPDIR: scratch } }
      const program = startProgram(['run', '--engine', engine], options)
      started.add(program.pid)
      return program
    }

    async function leftovers(): Promise<string[]> {
      const directories = await readdir(scratch, { recursive: true })
      return [
        ...directories.filter((path) => /runs\/r\w+$/.test(path)),
        ...(await processesOf(scratch)),
        ...(await onEngine(started)),
      ]
    }

    for (let index = 0; index < moments; index += 1) {
      const delayMs = Math.round(200 + Math.random() * 6_000)

      it(`leaves nothing after SIGINT at a random moment (${delayMs} ms)`, async () => {
        const program = start('.')
        await sleep(delayMs)
        program.kill('SIGINT')
        const { exitCode, signal } = await program
        // Before anything is started there is nothing to remove, and the signal itself ends the program.
        expect(signal === 'SIGINT' ? 130 : exitCode).to.be.oneOf([130, 0])
        expect(await leftovers()).to.deep.equal([])
      })

      it(`leaves nothing after SIGKILL at a random moment (${delayMs} ms) and the next run`, async () => {
        const program = start('.')
        await sleep(delayMs)
        program.kill('SIGKILL')
        await program
        await start('fixtures/broken/missing-down')
        expect(await leftovers()).to.deep.equal([])
      })
    }
  })
}

/** Containers and volumes that belong to one of these processes. */
async function onEngine(owners: ReadonlySet<number | undefined>): Promise<string[]> {
  const client = await getContainerRuntimeClient().catch(() => undefined)
  if (client === undefined) return []
  const { dockerode } = client.container
  const filters = { label: ['pg-rehearsal.run'] }
  const isTheirs = ({ Labels }: { Labels: Record<string, string> }) =>
    owners.has((JSON.parse(Labels['pg-rehearsal.owner'] ?? '{}') as { pid?: number }).pid)
  const containers = await dockerode.listContainers({ all: true, filters })
  const { Volumes } = await dockerode.listVolumes({ filters })
  return [
    ...containers.filter(isTheirs).map(({ Id }) => `container ${Id}`),
    ...(Volumes ?? []).filter(isTheirs).map(({ Name }) => `volume ${Name}`),
  ]
}

/** Living processes that have `text` in their arguments or environment. */
async function processesOf(text: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found: string[] = []
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (`${command}${environment}`.includes(text))
      found.push(`process ${pid} ${command.replaceAll('\0', ' ').trim()}`)
  }
  return found
}
