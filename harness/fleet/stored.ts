import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HarnessError, messageOf } from '../errors.ts'
import type { FleetDocument } from './document.ts'
import { parseFleetDocument } from './document-schema.ts'

/** The document's name in a fleet's directory. */
export const documentFile = 'fleet.json'

/** A document and the directory that the paths in it are of. */
export interface StoredDocument {
  readonly directory: string
  readonly document: FleetDocument
}

/** Writes the document into the fleet's directory; who reads at the same time finds the one before, or this. */
export async function storeDocument(directory: string, document: FleetDocument): Promise<void> {
  const unfinished = join(directory, `.${documentFile}.${process.pid}.tmp`)
  await writeFile(unfinished, `${JSON.stringify(document, undefined, 1)}\n`)
  await rename(unfinished, join(directory, documentFile))
}

/**
 * The documents at these paths: the file itself, or the one in the directory, or else those in the directories right within it, as where what several
 * machines left was brought together. Throws HarnessError `fleet-report-missing` or `fleet-report-damaged`.
 */
export async function readDocuments(paths: readonly string[]): Promise<StoredDocument[]> {
  const found = await Promise.all(paths.map(documentsAt))
  return found.flat()
}

async function documentsAt(path: string): Promise<StoredDocument[]> {
  if ((await stat(path).catch(() => undefined))?.isFile() === true) return [await read(path)]
  const own = await documentIn(path)
  if (own !== undefined) return [own]
  const names = await readdir(path).catch((cause: unknown) => {
    throw missing(path, messageOf(cause))
  })
  const within = await Promise.all(names.toSorted().map((name) => documentIn(join(path, name))))
  const documents = within.filter((it) => it !== undefined)
  if (documents.length === 0) throw missing(path, `there is no ${documentFile} in it`)
  return documents
}

async function documentIn(directory: string): Promise<StoredDocument | undefined> {
  const path = join(directory, documentFile)
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined
  return await read(path)
}

async function read(path: string): Promise<StoredDocument> {
  return { directory: dirname(path), document: parseFleetDocument(await readFile(path, 'utf8'), path) }
}

function missing(path: string, why: string): HarnessError {
  return new HarnessError('fleet-report-missing', `${path} holds no report over a fleet: ${why}.`, {
    hint: 'Give the directories that `rehearse fleet run --output` wrote to.',
  })
}
