import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from './docs.ts'
import type { FleetDocument } from './fleet/document.ts'
import { readDocuments } from './fleet/stored.ts'
import { buildImage, missingForImage } from './testing/container-image.ts'
import { startProgram } from './testing/program.ts'
import { missingForRemoteEngine, remoteEngine, type RemoteEngine } from './testing/remote-engine.ts'
import { makeTenants } from './testing/tenants.ts'
import { withTemporary } from './testing/temporary.ts'

const missing = (await missingForImage()) ?? (await missingForRemoteEngine())
/** Of a registry that is not there, so that nobody waits for it. */
const image = `127.0.0.1:1/pg-rehearsal-fleet:test-${process.pid}`
const base = `pg-rehearsal:swarm-${process.pid}`
const shares = 3

describe(`a fleet as a job of Docker Swarm${missing === undefined ? '' : `, container image (skipped: ${missing})`}`, function () {
  this.timeout(400_000)
  let engine: RemoteEngine | undefined

  before(function () {
    if (missing !== undefined) this.skip()
  })

  after(async () => {
    await engine?.dispose()
    await execa('docker', ['rmi', '--force', image, base], { reject: false })
  })

  it('by docs/manifests/swarm-job.sh has the verdicts and findings of a run on this machine', async () => {
    await withTemporary(async (directory) => {
      const fleet = await fleetProject(join(directory, 'project'))
      const swarm = async () => {
        await buildImage(base)
        await execa('docker', ['build', `--tag=${image}`, '.'], { cwd: join(directory, 'project') })
        engine = await remoteEngine({ name: 'swarm' })
        await engine.load(image)
        await engine.docker('swarm', 'init', '--advertise-addr', engine.address)
        const [doctor, done] = await Promise.all([doctorByTls(engine), job(engine, directory)])
        expect(doctor).to.match(/✔ Docker +Docker \d/)
        return done
      }
      const [here, there] = await Promise.all([runHere(fleet, join(directory, 'here')), swarm()])
      expect(there.exitCode, there.all).to.equal(1)
      expect(here.exitCode, here.all).to.equal(1)
      const documents = [here, there].map(({ document }) => essence(document))
      expect(documents[1]).to.deep.equal(documents[0])
      expect(documents[0]?.results.map(([, verdict]) => verdict)).to.have.members([
        'passed',
        'passed',
        'failed',
        'could-not-verify',
      ])
      // Each share has its own, and none has nothing.
      const parts = await readDocuments(there.parts)
      expect(parts.map(({ document }) => document.results.length).toSorted()).to.deep.equal([1, 1, 2])
      expect(await engine?.docker('service', 'ls', '--quiet')).to.equal('')
    })
  })
})

/** A project with a fleet of four, and what makes an image of it. */
async function fleetProject(project: string): Promise<string> {
  const fleet = join(project, 'fixtures/fleet')
  await mkdir(join(project, 'fixtures/broken'), { recursive: true })
  await cp(packageFile('fixtures/fleet'), fleet, { recursive: true })
  await cp(packageFile('fixtures/broken/shop.spec.ts'), join(project, 'fixtures/broken/shop.spec.ts'))
  await cp(packageFile('node_modules/chai'), join(project, 'modules/chai'), { recursive: true })
  const tenants = await makeTenants(fleet)
  await cp(tenants.plain, join(fleet, 'plain.sql.gz'))
  const backups = { fresh: 'plain', twin: 'plain', sour: 'violating', torn: 'torn' }
  const lines = Object.entries(backups).map(([name, file]) => `  - { name: ${name}, backup: ${file}.sql.gz }`)
  await writeFile(join(fleet, 'fleet.yaml'), ['databases:', ...lines, 'timeout: 4m'].join('\n'))
  await writeFile(
    join(project, 'Dockerfile'),
    `FROM ${base}
COPY --chown=node package.json /project/
COPY --chown=node fixtures /project/fixtures
COPY --chown=node modules /project/node_modules
RUN cd /project/node_modules && ln -s /opt/pg-rehearsal/node_modules/kysely /opt/pg-rehearsal/node_modules/pg .
WORKDIR /project/fixtures/fleet
`,
  )
  await cp(packageFile('package.json'), join(project, 'package.json'))
  await writeFile(join(project, '.dockerignore'), 'node_modules\n')
  await symlink(packageFile('node_modules'), join(project, 'node_modules'))
  return fleet
}

interface Reported {
  readonly exitCode: number | undefined
  readonly all: string
  readonly document: FleetDocument
}

async function runHere(cwd: string, output: string): Promise<Reported> {
  const words = ['fleet', 'run', '--output', output, '--parallel', '2']
  const env = { REHEARSAL_ENGINE: 'embedded', REHEARSAL_SNAPSHOTS: 'off' }
  const { exitCode, stdout, stderr } = await startProgram(words, { cwd, env })
  return { exitCode, all: stdout + stderr, document: await documentIn(output) }
}

/** What the image says of the engine when it has no socket, so that there is no other that could be meant. */
async function doctorByTls({ tls }: RemoteEngine): Promise<string> {
  const { DOCKER_HOST = '', DOCKER_CERT_PATH = '' } = tls
  const variables = [`DOCKER_HOST=${DOCKER_HOST}`, 'DOCKER_TLS_VERIFY=1', 'DOCKER_CERT_PATH=/certs']
  const words = variables.map((variable) => `--env=${variable}`)
  // The test's certificates are root's.
  const user = ['--user=0', `--volume=${DOCKER_CERT_PATH}:/certs:ro`]
  const { all } = await execa(
    'docker',
    ['run', '--rm', ...words, ...user, base, 'doctor', '--engine=docker'],
    { reject: false, all: true },
  )
  return all
}

async function job(engine: RemoteEngine, directory: string): Promise<Reported & { parts: string[] }> {
  const reports = join(directory, 'reports')
  await mkdir(reports)
  const { exitCode, all } = await execa(packageFile('docs/manifests/swarm-job.sh'), {
    env: {
      DOCKER_HOST: `unix://${join(engine.directory, 'docker.sock')}`,
      IMAGE: image,
      REPORTS: reports,
      SHARES: String(shares),
      WITHIN: '180',
    },
    all: true,
    reject: false,
  })
  const output = /The reports are in (.*)\.$/m.exec(all)?.[1]
  if (output === undefined) throw new Error(`the job left no report:\n${all}`)
  const document = await documentIn(output)
  const { stdout } = await execa('find', [output, '-mindepth', '2', '-maxdepth', '2', '-name', 'fleet.json'])
  return { exitCode, all, document, parts: stdout.split('\n') }
}

async function documentIn(directory: string): Promise<FleetDocument> {
  const [stored] = await readDocuments([directory])
  if (stored === undefined) throw new Error(`there is no report in ${basename(directory)}`)
  return stored.document
}

function essence({ verdict, results, findings }: FleetDocument) {
  return {
    verdict,
    results: results.map((it) => [it.name, it.verdict, it.exitCode] as const).toSorted(),
    findings: findings.map(({ id, migration, databases }) => [id, migration, databases]).toSorted(),
  }
}
