import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from './docs.ts'
import type { Rehearsal } from './rehearsal.ts'
import {
  buildImage,
  exampleProject,
  imageUser,
  missingForImage,
  withSocket,
} from './testing/container-image.ts'
import { startProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'

const missing = await missingForImage()
const image = `pg-rehearsal:test-${process.pid}`
const name = `pg-rehearsal-test-${process.pid}`

/** All that it needs to be allowed; nothing of what it writes outside of these is kept. */
const confined = [
  '--read-only',
  '--tmpfs=/tmp:exec,mode=1777',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--env=REHEARSAL_SNAPSHOTS=off',
  '--env=REHEARSAL_HISTORY=off',
  '--env=NO_COLOR=1',
]

describe(`the container image${missing === undefined ? '' : ` (skipped: ${missing})`}`, function () {
  this.timeout(400_000)

  before(async function () {
    if (missing !== undefined) this.skip()
    await buildImage(image)
  })

  after(async () => void (await execa('docker', ['rmi', '--force', image], { reject: false })))

  it('is small, runs as nobody in particular, and can do what it says', async () => {
    const { stdout } = await execa('docker', ['image', 'inspect', image])
    const [{ Size, Config }] = JSON.parse(stdout)
    expect(Size / 1e6, 'MB').to.be.below(500)
    expect(Config.User).to.equal('node')
    expect(Config.Env.join('\n')).not.to.match(/token|secret|password/i)
    const tools = [
      'psql --version',
      'pg_restore --version',
      'pg_dump --version',
      'ssh -V',
      'xz --version',
      'id',
    ]
    const { stdout: said } = await run(['--entrypoint=sh'], ['-c', tools.join(' && ')])
    expect(said).to.contain('psql (PostgreSQL)').and.to.contain(`uid=${imageUser}(node)`)
    const [, ...check] = Config.Healthcheck.Test
    const health = 'touch -d "$0" "$REHEARSAL_HEARTBEAT"; exec "$@"'
    const healthy = async (beat: string) =>
      (await run(['--entrypoint=sh'], ['-c', health, beat, ...check])).exitCode === 0
    expect([await healthy('30 seconds ago'), await healthy('2 minutes ago')]).to.deep.equal([true, false])
    const { stdout: sdk } = await run(
      ['--entrypoint=node', '--workdir=/opt/pg-rehearsal'],
      ['-p', 'require.resolve("@aws-sdk/client-s3")'],
    )
    expect(sdk).to.contain('/opt/pg-rehearsal/node_modules/@aws-sdk/client-s3')
  })

  it('says what a user lacks who may not use the socket, or has no name', async () => {
    const socket = '--volume=/var/run/docker.sock:/var/run/docker.sock'
    const { all: barred } = await run([socket], ['doctor', '--engine', 'docker'])
    expect(barred).to.contain('docker.sock is there, but this user may not use it').and.contain('--group-add')
    await withTemporary(async (directory) => {
      const project = await exampleProject(directory)
      const { all: nameless } = await run([...project, '--user=12345'], ['run', '--engine', 'embedded'])
      expect(nameless).to.contain('mount an /etc/passwd that has this user')
    })
  })

  for (const engine of ['docker', 'embedded'] as const) {
    it(`rehearses the worked example, ${engine} engine, and leaves its reports alone`, async () => {
      await withTemporary(async (directory) => {
        const project = await exampleProject(directory)
        const reach = engine === 'docker' ? await withSocket() : ['--network=none']
        const words = [...project, ...reach, `--hostname=${name}`]
        const { exitCode, all } = await run(words, ['run', '--engine', engine])
        expect(exitCode, all).to.equal(0)
        const reports = join(directory, 'project/rehearsal-report')
        const text = await readFile(join(reports, 'rehearsal.json'), 'utf8')
        const rehearsal = JSON.parse(text) as Rehearsal
        expect(rehearsal.verdict).to.equal('passed')
        expect(rehearsal.engine?.name).to.equal(engine)
        for (const file of await readdir(reports))
          expect((await stat(join(reports, file))).uid, file).to.equal(imageUser)
        expect(await onEngine(name)).to.deep.equal([])
      })
    })
  }

  it('is healthy while it works, and ends in order when it is told to', async () => {
    await withTemporary(async (directory) => {
      const project = await exampleProject(directory)
      const words = [...project, ...(await withSocket()), `--hostname=${name}`, `--name=${name}`]
      const running = run([...words, '--health-interval=1s'], ['run', '--engine', 'docker'])
      try {
        while ((await onEngine(name)).length === 0) await sleep(100)
        expect(await ask(name, '{{.State.Health.Status}}')).to.equal('healthy')
        await execa('docker', ['stop', '--time=60', name], { reject: false })
        const { exitCode, all } = await running
        expect(all).to.contain('SIGTERM: removing everything that was started')
        expect(exitCode).to.equal(143)
        expect(await onEngine(name)).to.deep.equal([])
      } finally {
        await execa('docker', ['rm', '--force', name], { reject: false })
      }
    })
  })

  it('leaves what is removed by whoever looks at the engine next when it is killed', async () => {
    await withTemporary(async (directory) => {
      const project = await exampleProject(directory)
      const words = [...project, ...(await withSocket()), `--hostname=${name}`, `--name=${name}`]
      const running = run(words, ['run', '--engine', 'docker'])
      try {
        while ((await onEngine(name)).length === 0) await sleep(100)
        const look = async () =>
          await startProgram(['clone', 'ls'], { cwd: packageFile('.'), env: { REHEARSAL_ENGINE: 'docker' } })
        await look()
        expect(await onEngine(name), 'what a living container has').not.to.deep.equal([])
        await execa('docker', ['kill', name])
        expect((await running).exitCode).to.equal(137)
        expect(await onEngine(name)).not.to.deep.equal([])
        await look()
        expect(await onEngine(name)).to.deep.equal([])
      } finally {
        await execa('docker', ['rm', '--force', name], { reject: false })
      }
    })
  })
})

/** Runs a command in a container of the image; it never fails. */
async function run(options: readonly string[], words: readonly string[]) {
  const result = await execa('docker', ['run', '--rm', ...confined, ...options, image, ...words], {
    reject: false,
    all: true,
    stdin: 'ignore',
  })
  return { exitCode: result.exitCode, stdout: result.stdout, all: result.all }
}

async function ask(container: string, format: string): Promise<string> {
  const { stdout } = await execa('docker', ['inspect', '--format', format, container], { reject: false })
  return stdout
}

/** Containers and volumes of rehearsals in the container with this name for a host. */
async function onEngine(hostname: string): Promise<string[]> {
  const format = '{{.Names}} {{.Label "pg-rehearsal.owner"}}'
  const label = 'label=pg-rehearsal.owner'
  const found = await Promise.all([
    execa('docker', ['ps', '--all', '--filter', label, '--format', format]),
    execa('docker', ['volume', 'ls', '--filter', label, '--format', format.replace('Names', 'Name')]),
  ])
  return found
    .flatMap(({ stdout }) => stdout.split('\n'))
    .filter((line) => line.includes(`{"host":"${hostname} `))
}
