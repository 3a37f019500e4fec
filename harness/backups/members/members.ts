import { createWriteStream } from 'node:fs'
import { lstat, mkdtemp, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { HarnessError } from '../../errors.ts'
import type { Members } from '../backup-format.ts'
import { extentContent, fileRanges, partOf } from '../content.ts'
import type { Content } from '../content.ts'
import { isReal } from './layout.ts'
import { Sequential } from './sequential.ts'
import type { TarFile } from './tar.ts'

/** Paths of all files below a directory, with slashes, sorted; with their sizes. */
export async function filesBelow(directory: string): Promise<Map<string, number>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(
    files
      .toSorted()
      .map(async (file) => [relative(directory, file).split(sep).join('/'), await sizeOn(file)] as const),
  )
  return new Map(sizes)
}

/** A link may lead to what is not on this machine, as those of a base backup's tablespaces. */
async function sizeOn(file: string): Promise<number> {
  const { size } = await stat(file).catch(async () => await lstat(file))
  return size
}

/** The dump in a directory, whose files have these sizes. */
export function directoryMembers(directory: string): Promise<Members> {
  return filesBelow(directory).then((all) => {
    const sizes = new Map([...all].filter(([name]) => isReal(name)))
    const open: Members['open'] = (name, onRead) =>
      extentContent(fileRanges(join(directory, name), sizeOf(sizes, name))).open(onRead)
    return { kind: 'directory', directory, prefix: '', sizes, open }
  })
}

/**
 * The dump in a tar, below `prefix`. Where the tar is compressed and its order is not pg_dump's own, it is
 * unpacked into a file below `scratch` when the first of its files is opened: they are needed in another order.
 */
export function tarMembers(
  content: Content,
  files: readonly TarFile[],
  prefix: string,
  scratch: string,
): Members {
  const own = files
    .filter(({ name }) => name.startsWith(prefix) && isReal(name))
    .map((file) => ({ ...file, name: file.name.slice(prefix.length) }))
  const byName = new Map(own.map((file) => [file.name, file]))
  const sizes = new Map(own.map(({ name, bytes }) => [name, bytes]))
  const kind = isStream(files) ? 'stream' : 'tar'
  const sequential = new Sequential(content)
  let unpacked: Promise<Content> | undefined
  return {
    kind,
    directory: undefined,
    prefix,
    sizes,
    async *open(name, onRead) {
      const { start, bytes } = byName.get(name) ?? notThere(name)
      if (kind === 'stream' && content.extent === undefined) return yield* sequential.part(start, bytes)
      unpacked ??= content.extent === undefined ? unpack(content, scratch) : Promise.resolve(content)
      yield* partOf(await unpacked, start, bytes).open(onRead)
    },
  }
}

/** pg_dump writes `toc.dat` first and `restore.sql` last, in no folder. */
function isStream(files: readonly TarFile[]): boolean {
  return files[0]?.name === 'toc.dat' && files.at(-1)?.name === 'restore.sql'
}

async function unpack(content: Content, scratch: string): Promise<Content> {
  const path = join(await mkdtemp(join(scratch, 'unpacked-')), 'backup.tar')
  let end = 0
  try {
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of content.open()) {
        end += chunk.length
        yield chunk
      }
    }
    await pipeline(counted(), createWriteStream(path, { mode: 0o600 }))
  } catch (error) {
    if (error instanceof HarnessError || !(error instanceof Error) || !('code' in error)) throw error
    throw new HarnessError(
      'backup-not-unpacked',
      `${content.path} cannot be unpacked into ${scratch}: ${error.message}.`,
      {
        hint: 'Free some space there, or set TMPDIR to a directory on a larger disk.',
        cause: error,
      },
    )
  }
  return extentContent(fileRanges(path, end, content.path))
}

function sizeOf(sizes: ReadonlyMap<string, number>, name: string): number {
  return sizes.get(name) ?? notThere(name)
}

function notThere(name: string): never {
  throw new Error(`${name} is no file of the backup.`)
}
