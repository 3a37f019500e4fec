import { createHash } from 'node:crypto'
import { HarnessError } from '../../errors.ts'
import { crc32c } from './crc32c.ts'

/** What `backup_manifest` says of the files of a base backup. */
export interface Manifest {
  readonly systemIdentifier: string | null
  readonly files: ReadonlyMap<string, ManifestFile>
  /** WAL that recovery needs, as its manifest has it: `0/3000028` to `0/3000120`. */
  readonly walRanges: readonly { readonly timeline: number; readonly from: string; readonly to: string }[]
}

interface ManifestFile {
  readonly bytes: number
  readonly algorithm: string | undefined
  readonly checksum: string | undefined
}

interface ManifestJson {
  readonly 'System-Identifier'?: string
  readonly Files: readonly {
    readonly Path?: string
    readonly 'Encoded-Path'?: string
    readonly Size: number
    readonly 'Checksum-Algorithm'?: string
    readonly Checksum?: string
  }[]
  readonly 'WAL-Ranges'?: readonly {
    readonly Timeline: number
    readonly 'Start-LSN': string
    readonly 'End-LSN': string
  }[]
}

/**
 * Reads a manifest and checks its own checksum. https://www.postgresql.org/docs/current/backup-manifest-format.html
 * Throws HarnessError `backup-corrupt`.
 */
export function readManifest(bytes: Buffer): Manifest {
  const end = bytes.lastIndexOf('"Manifest-Checksum"')
  const checksum = /"Manifest-Checksum": "([0-9a-f]{64})"/.exec(
    bytes.toString('latin1', Math.max(0, end)),
  )?.[1]
  if (end < 0 || checksum !== createHash('sha256').update(bytes.subarray(0, end)).digest('hex'))
    throw corrupt('its manifest (backup_manifest) is cut off or does not have the checksum that it says')
  // A number too long for JavaScript.
  const text = bytes.toString().replace(/("System-Identifier": )(\d+)/, '$1"$2"')
  const json = JSON.parse(text) as ManifestJson
  const files = json.Files.map((file) => {
    const path = file.Path ?? Buffer.from(file['Encoded-Path'] ?? '', 'hex').toString('latin1')
    return [
      path,
      { bytes: file.Size, algorithm: file['Checksum-Algorithm'], checksum: file.Checksum },
    ] as const
  })
  const walRanges = (json['WAL-Ranges'] ?? []).map((range) => ({
    timeline: range.Timeline,
    from: range['Start-LSN'],
    to: range['End-LSN'],
  }))
  return { systemIdentifier: json['System-Identifier'] ?? null, files: new Map(files), walRanges }
}

/** Compares the files of a backup with what its manifest says. */
export class ManifestCheck {
  readonly #missing: Map<string, ManifestFile>

  constructor(manifest: Manifest) {
    this.#missing = new Map([...manifest.files].filter(([path]) => !isNotChecked(path)))
  }

  /** Begins with one file; the result hears its content and then says at its end whether it is right. */
  begin(path: string, bytes: number): { update(chunk: Buffer): void; end(): void } | undefined {
    const wanted = this.#missing.get(path)
    if (wanted === undefined) return undefined
    this.#missing.delete(path)
    if (wanted.bytes !== bytes)
      throw corrupt(`${path} has ${bytes} bytes and should, by the backup's manifest, have ${wanted.bytes}`)
    const hash = hashOf(wanted.algorithm)
    return {
      update: (chunk) => hash?.update(chunk),
      end: () => {
        if (hash !== undefined && hash.digest() !== wanted.checksum)
          throw corrupt(`${path} does not have the checksum that the backup's manifest says`)
      },
    }
  }

  /** Call it after the last file. */
  end(): void {
    const [first] = this.#missing.keys()
    if (first === undefined) return
    const tablespace = /^pg_tblspc\/(\d+)\//.exec(first)?.[1]
    const place = tablespace === undefined ? '' : `, of tablespace ${tablespace}`
    throw new HarnessError(
      'backup-incomplete',
      `The base backup is not complete: ${this.#missing.size} of the files in its manifest are not there, such as ${first}${place}.`,
      {
        hint: 'Copy all of it: the data directory with its links followed, or base.tar with every other tar beside it.',
      },
    )
  }
}

/** What pg_verifybackup leaves alone as well. */
function isNotChecked(path: string): boolean {
  return path === 'postgresql.auto.conf' || path.startsWith('pg_wal/')
}

function hashOf(
  algorithm: string | undefined,
): { update(chunk: Buffer): void; digest(): string } | undefined {
  if (algorithm === undefined || algorithm === 'NONE') return undefined
  if (algorithm === 'CRC32C') {
    let crc = 0
    // The bytes of the number as they lie in memory.
    const digest = () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(crc)
      return bytes.toString('hex')
    }
    return { update: (chunk) => void (crc = crc32c(chunk, crc)), digest }
  }
  const hash = createHash(algorithm.toLowerCase())
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest('hex') }
}

function corrupt(what: string): HarnessError {
  return new HarnessError('backup-corrupt', `The base backup is damaged: ${what}.`, {
    hint: 'Copy the backup again in binary mode, or take a new one; `pg_verifybackup DIRECTORY` checks it.',
  })
}
