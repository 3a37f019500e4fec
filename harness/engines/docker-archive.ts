import type { Container } from 'dockerode'
import { answerWithinMs } from './docker-client.ts'

/** A small file as it lies in a container. */
export interface ArchivedFile {
  readonly content: Buffer
  readonly uid: number
  readonly gid: number
}

const block = 512

/** Reads a file of a container, which need not run. Throws what the engine answers when there is none. */
export async function readFromContainer(container: Container, path: string): Promise<ArchivedFile> {
  const stream = await container.getArchive({ path, abortSignal: AbortSignal.timeout(answerWithinMs) })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  const archive = Buffer.concat(chunks)
  const number = (start: number, length: number) =>
    Number.parseInt(archive.toString('latin1', start, start + length).replaceAll(/[\0 ]/g, ''), 8)
  return {
    content: archive.subarray(block, block + number(124, 12)),
    uid: number(108, 8),
    gid: number(116, 8),
  }
}

/** Makes private directories in a container, which need not run, below one that is there. */
export async function makeDirectories(
  container: Container,
  below: string,
  names: readonly string[],
  { uid, gid }: { uid: number; gid: number },
): Promise<void> {
  const headers = names.map((name) => tarHeader({ name: `${name}/`, uid, gid, mode: 0o700 }))
  const archive = Buffer.concat([...headers, Buffer.alloc(2 * block)])
  await container.putArchive(archive, { path: below, abortSignal: AbortSignal.timeout(answerWithinMs) })
}

/** Of a directory, in the ustar format. */
function tarHeader({
  name,
  uid,
  gid,
  mode,
}: {
  name: string
  uid: number
  gid: number
  mode: number
}): Buffer {
  const header = Buffer.alloc(block)
  const octal = (value: number, start: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, start, 'latin1')
  header.write(name, 0, 100)
  octal(mode, 100, 8)
  octal(uid, 108, 8)
  octal(gid, 116, 8)
  octal(0, 124, 12)
  octal(Math.trunc(Date.now() / 1000), 136, 12)
  header.write('        5', 148, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}
