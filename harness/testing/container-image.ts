import { chown, cp, mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'

const base = 'node:24-trixie-slim'
const buildWithinMs = 240_000

/** The user in the image. */
export const imageUser = 1000

/** Why the image cannot be built and run here; undefined when it can. */
export async function missingForImage(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'files for another user need root on Linux'
  const { failed, exitCode } = await execa('docker', ['image', 'inspect', base], { reject: false })
  if (!failed) return undefined
  return exitCode === 127 || exitCode === undefined
    ? 'docker is missing'
    : `there is no image ${base}: docker pull ${base}, or .ci/images/build-node`
}

/** Builds the project's Dockerfile, with what this machine installs packages from. */
export async function buildImage(tag: string): Promise<void> {
  const { stdout: registry } = await execa('npm', ['config', 'get', 'registry'])
  // Quietly, a failed step would not be shown.
  await execa(
    'docker',
    ['build', '--network=host', `--build-arg=npm_config_registry=${registry}`, `--tag=${tag}`, '.'],
    { cwd: packageFile('.'), timeout: buildWithinMs, env: { DOCKER_BUILDKIT: '0' }, all: true },
  )
}

/** A directory with the worked example, its dependencies beside it, that the image's user may write reports into. */
export async function exampleProject(directory: string): Promise<string[]> {
  const project = join(directory, 'project')
  await mkdir(join(project, 'fixtures'), { recursive: true })
  for (const path of [
    'migrations',
    'specs',
    'fixtures/app',
    'fixtures/comicscout.sql.gz',
    'fixtures/comicscout.dump',
    'rehearsal.config.ts',
    'package.json',
  ])
    await cp(packageFile(path), join(project, path), { recursive: true })
  await mkdir(join(project, 'node_modules'))
  await giveTo(project, imageUser)
  const modules = await realpath(packageFile('node_modules'))
  return [`--volume=${project}:/project`, `--volume=${modules}:/project/node_modules:ro`]
}

/** The words that let a container use the engine it runs on. */
export async function withSocket(): Promise<string[]> {
  const socket = '/var/run/docker.sock'
  const { gid } = await stat(socket)
  return [`--volume=${socket}:${socket}`, `--group-add=${gid}`]
}

async function giveTo(directory: string, uid: number): Promise<void> {
  await chown(directory, uid, uid)
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    await (entry.isDirectory() ? giveTo(path, uid) : chown(path, uid, uid))
  }
}
