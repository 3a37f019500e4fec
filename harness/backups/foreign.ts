import { HarnessError } from '../errors.ts'

/**
 * What a file that is no backup we can restore turns out to be, as the error to show; undefined when the
 * first bytes (1 KiB at least, of a file that has them) are none of those known here.
 */
export function foreignContent(path: string, head: Buffer): HarnessError | undefined {
  const found = signatures.find(({ matches }) => matches(head))
  return found && new HarnessError(found.code, `${path} ${found.is}.`, { hint: found.hint })
}

interface Signature {
  readonly code: string
  readonly is: string
  readonly hint: string
  matches(head: Buffer): boolean
}

const signatures: readonly Signature[] = [
  ...Object.entries({
    zip: [0x50, 0x4b, 0x03, 0x04],
    '7-Zip': [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
  }).map(([name, magic]) => compressed(name, magic)),
  {
    code: 'backup-utf16',
    is: 'is a custom-format dump that was turned into UTF-16 text, as `pg_dump -Fc > file` does in PowerShell; it is beyond repair',
    hint: 'Take the backup again and let pg_dump write the file itself: `pg_dump -Fc -f FILE`.',
    matches: (head) => wide(head)?.startsWith('PGDMP') === true,
  },
  {
    code: 'backup-utf16',
    is: 'is UTF-16 text, as `pg_dump > file` writes it in PowerShell, which may have changed characters on the way',
    hint: 'Take the backup again and let pg_dump write the file itself: `pg_dump -f FILE`.',
    matches: (head) => wide(head) !== undefined,
  },
  {
    code: 'backup-encrypted',
    is: 'is encrypted (OpenPGP)',
    hint: 'Decrypt it first: `gpg --decrypt FILE > backup`.',
    matches: (head) => startsWith(head, '-----BEGIN PGP MESSAGE') || isOpenPgp(head),
  },
  {
    code: 'backup-encrypted',
    is: 'is encrypted (age)',
    hint: 'Decrypt it first: `age --decrypt -i KEY FILE > backup`.',
    matches: (head) =>
      startsWith(head, 'age-encryption.org/') || startsWith(head, '-----BEGIN AGE ENCRYPTED FILE'),
  },
  {
    code: 'backup-encrypted',
    is: 'is encrypted (openssl enc)',
    hint: 'Decrypt it first: `openssl enc -d … -in FILE -out backup`, with the cipher it was made with.',
    matches: (head) => startsWith(head, 'Salted__') || startsWith(head, 'U2FsdGVkX1'),
  },
  {
    code: 'backup-unknown',
    is: 'is a dump of MySQL or MariaDB, not of Postgres',
    hint: 'Give a backup made with pg_dump.',
    matches: (head) => /^(?:\/\*.*\n)?-- (?:MySQL|MariaDB) dump/.test(head.toString('latin1')),
  },
  {
    code: 'backup-unknown',
    is: 'is an SQLite database, not a backup of Postgres',
    hint: 'Give a backup made with pg_dump.',
    matches: (head) => startsWith(head, 'SQLite format 3\0'),
  },
  {
    code: 'backup-missing',
    is: 'is a Git LFS pointer: the backup itself was not fetched',
    hint: 'Fetch it: `git lfs pull`.',
    matches: (head) => startsWith(head, 'version https://git-lfs.github.com/spec/'),
  },
]

function compressed(name: string, magic: readonly number[]): Signature {
  return {
    code: 'backup-unsupported',
    is: `is compressed with ${name}, which is not supported yet`,
    hint: 'Unpack it first; gzip, zstd, lz4, xz, bzip2 and tar are read as they are.',
    matches: (head) => head.subarray(0, magic.length).equals(Uint8Array.from(magic)),
  }
}

function startsWith(head: Buffer, text: string): boolean {
  return head.toString('latin1', 0, text.length) === text
}

/** The text of UTF-16, told by its byte order mark or by zeros between the first letters. */
function wide(head: Buffer): string | undefined {
  const even = head.subarray(0, Math.min(head.length, 64) & ~1)
  if (even.length < 4) return undefined
  const bigEndian =
    (even[0] === 0xfe && even[1] === 0xff) || (even[0] === 0 && even[1] !== 0 && even[2] === 0)
  const littleEndian =
    (even[0] === 0xff && even[1] === 0xfe) || (even[1] === 0 && even[0] !== 0 && even[3] === 0)
  if (!bigEndian && !littleEndian) return undefined
  return (bigEndian ? Buffer.from(even).swap16() : even).toString('utf16le').replace(/^\ufeff/, '')
}

const packetVersions = new Set([3, 4, 5, 6])

/** A session key packet at the start, public-key or symmetric (RFC 9580, 5.1 and 5.3), by its version byte. */
function isOpenPgp(head: Buffer): boolean {
  const [tag, length] = head
  if (tag === 0x84 || tag === 0x8c) return packetVersions.has(head[2] ?? 0)
  if (tag === 0x85) return packetVersions.has(head[3] ?? 0)
  if (tag !== 0xc1 && tag !== 0xc3) return false
  return packetVersions.has(head[(length ?? 0) < 192 ? 2 : (length ?? 0) < 224 ? 3 : 6] ?? 0)
}
