/**
 * Reads text in a Postgres client encoding (`UTF8`, `LATIN1`, `WIN1252`). SQL_ASCII and encodings that this
 * runtime does not know are read as UTF-8, with replacement characters where that fails.
 */
export function decoderOf(encoding: string | null): (bytes: Buffer) => string {
  const label = labels(encoding ?? 'UTF8')
  if (label === undefined) return (bytes) => bytes.toString('utf8')
  const decoder = new TextDecoder(label)
  return (bytes) => decoder.decode(bytes)
}

function labels(encoding: string): string | undefined {
  const name = encoding.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  const windows = /^WIN(\d+)$/.exec(name)?.[1]
  const label = windows === undefined ? known[name] : `windows-${windows}`
  try {
    return label === undefined ? undefined : new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

const known: Readonly<Record<string, string>> = {
  LATIN1: 'iso-8859-1',
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN5: 'iso-8859-9',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  ISO88595: 'iso-8859-5',
  ISO88596: 'iso-8859-6',
  ISO88597: 'iso-8859-7',
  ISO88598: 'iso-8859-8',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  EUCJP: 'euc-jp',
  EUCKR: 'euc-kr',
  EUCCN: 'gbk',
}
