import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { execa } from 'execa'
import type { Server } from '../engines/engine.ts'

/** What `pg_dump` and `pg_dumpall` can write. */
export type DumpFormat = 'custom' | 'directory' | 'tar' | 'plain'

/** The client programs of a Docker server, by the docker command line; undefined where there is none. */
export async function dockerTools(server: Server): Promise<DockerTools | undefined> {
  const { exitCode } = await execa('docker', ['version'], { reject: false })
  const name = /docker exec -it (\S+)/.exec((await server.hints('postgres')).connect)?.[1]
  return exitCode !== 0 || name === undefined ? undefined : new DockerTools(name)
}

/** Makes backups with the server's own programs, into files of this machine. */
export class DockerTools {
  readonly #container: string

  constructor(container: string) {
    this.#container = container
  }

  /** A dump in `directory`, made with these further arguments; returns its path. */
  async dump(
    database: string,
    format: DumpFormat,
    directory: string,
    args: readonly string[] = [],
  ): Promise<string> {
    const path = join(directory, `backup.${format}`)
    const command = ['pg_dump', '-U', 'postgres', `--format=${format}`, ...args, database]
    if (format !== 'directory') {
      await this.#write(command, path)
      return path
    }
    const inside = `/tmp/dump-${Math.random().toString(36).slice(2)}`
    await this.#run([...command, '-f', inside])
    await this.#write(['tar', 'cf', '-', '-C', inside, '.'], `${path}.tar`)
    await this.#run(['rm', '-r', inside])
    await mkdir(path)
    await execa('tar', ['xf', `${path}.tar`, '-C', path])
    return path
  }

  /** All databases of the server, by `pg_dumpall`. */
  async dumpAll(path: string, args: readonly string[] = []): Promise<void> {
    await this.#write(['pg_dumpall', '-U', 'postgres', ...args], path)
  }

  /** A base backup of the whole server, by `pg_basebackup` with these arguments, as a directory. */
  async baseBackup(path: string, args: readonly string[]): Promise<void> {
    const inside = `/tmp/base-${Math.random().toString(36).slice(2)}`
    await this.#run(['pg_basebackup', '-U', 'postgres', '--checkpoint=fast', ...args, '-D', inside])
    await this.#write(['tar', 'cf', '-', '-C', inside, '.'], `${path}.packed`)
    await this.#run(['rm', '-r', inside])
    await mkdir(path)
    await execa('tar', ['xf', `${path}.packed`, '-C', path])
    await rm(`${path}.packed`)
  }

  /** Makes a directory in the container that the server may write to. */
  async makeDirectory(path: string): Promise<void> {
    await this.#run(['install', '-d', '-o', 'postgres', path])
  }

  async #run(command: readonly string[]): Promise<void> {
    await execa('docker', ['exec', this.#container, ...command])
  }

  async #write(command: readonly string[], path: string): Promise<void> {
    const child = execa('docker', ['exec', this.#container, ...command], {
      encoding: 'buffer',
      buffer: { stdout: false },
    })
    await Promise.all([pipeline(child.stdout, createWriteStream(path)), child])
  }
}
