import type { BackupEntry } from '../backups/backup-format.ts'
import type { Present } from './present.ts'

/** What became of the entries of a backup. */
export interface Accounted {
  /** Entries that were looked for. */
  readonly looked: number
  readonly missing: readonly BackupEntry[]
  /** Kinds that nothing here knows how to look for, each once. */
  readonly unknownKinds: readonly string[]
}

/**
 * Looks for every entry among what is there. Operators and routines of a plain dump, which share their names, must be
 * as many.
 */
export function accountFor(entries: readonly BackupEntry[], present: readonly Present[]): Accounted {
  const left = new Map<string, number>()
  for (const { kind, schema, name } of present) {
    for (const key of new Set([keyOf(kind, schema, name), keyOf(kind, schema, ownPart(kind, name))]))
      left.set(key, (left.get(key) ?? 0) + 1)
  }
  const missing: BackupEntry[] = []
  const unknown = new Set<string>()
  let looked = 0
  for (const entry of entries) {
    const kind = kinds[entry.kind]
    if (kind === undefined) unknown.add(entry.kind)
    if (kind === undefined || kind === null) continue
    looked += 1
    const key = keyOf(kind, schemaless.has(kind) ? null : entry.schema, entry.name)
    const there = left.get(key) ?? 0
    if (there === 0) missing.push(entry)
    else if (overloaded.has(kind)) left.set(key, there - 1)
  }
  return { looked, missing, unknownKinds: [...unknown] }
}

/** Types in a signature are compared without their schema: old dumps leave it out where the search path finds it. */
function keyOf(kind: string, schema: string | null, name: string): string {
  const isSignature = kind === 'ROUTINE' || kind === 'CAST' || kind === 'TRANSFORM'
  const open = kind === 'ROUTINE' ? name.lastIndexOf('(') : 0
  const plain = isSignature
    ? name.slice(0, open) + name.slice(open).replaceAll(/(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\./gu, '')
    : name
  return `${kind}\0${schema ?? ''}\0${plain}`
}

/** Before 9.6 what belongs to a table was listed without it. */
function ownPart(kind: string, name: string): string {
  return ofTables.has(kind) ? name.slice(name.lastIndexOf(' ') + 1) : name
}

const overloaded = new Set(['OPERATOR', 'OPERATOR CLASS', 'OPERATOR FAMILY', 'ROUTINE NAME'])

const ofTables = new Set(['CONSTRAINT', 'TRIGGER', 'RULE', 'POLICY', 'DEFAULT'])

const schemaless = new Set(
  [
    'SCHEMA',
    'EXTENSION',
    'ACCESS METHOD',
    'LANGUAGE',
    'FOREIGN DATA WRAPPER',
    'SERVER',
    'EVENT TRIGGER',
  ].concat(
    ['PUBLICATION', 'SUBSCRIPTION', 'LARGE OBJECT', 'USER MAPPING', 'CAST', 'TRANSFORM'],
    ['PUBLICATION TABLES IN SCHEMA'],
  ),
)

const same = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]))
const none = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]))

/** Kinds of entries, as what they are looked for; null: nothing in the catalog would show them, or only its own error. */
const kinds: Readonly<Record<string, string | null>> = {
  TABLE: 'RELATION',
  VIEW: 'RELATION',
  SEQUENCE: 'RELATION',
  'MATERIALIZED VIEW': 'RELATION',
  'FOREIGN TABLE': 'RELATION',
  'CHECK CONSTRAINT': 'CONSTRAINT',
  'FK CONSTRAINT': 'CONSTRAINT',
  DOMAIN: 'TYPE',
  FUNCTION: 'ROUTINE',
  PROCEDURE: 'ROUTINE',
  AGGREGATE: 'ROUTINE',
  'PROCEDURAL LANGUAGE': 'LANGUAGE',
  'FOREIGN SERVER': 'SERVER',
  ...same('TABLE ATTACH', 'INDEX ATTACH', 'MATERIALIZED VIEW DATA', 'ROW SECURITY', 'SEQUENCE OWNED BY'),
  ...same('INDEX', 'CONSTRAINT', 'TRIGGER', 'RULE', 'POLICY', 'DEFAULT', 'ROUTINE NAME', 'TYPE', 'COLLATION'),
  ...same('CONVERSION', 'OPERATOR', 'OPERATOR CLASS', 'OPERATOR FAMILY', 'STATISTICS', 'SCHEMA', 'EXTENSION'),
  ...same(
    'TEXT SEARCH CONFIGURATION',
    'TEXT SEARCH DICTIONARY',
    'TEXT SEARCH PARSER',
    'TEXT SEARCH TEMPLATE',
  ),
  ...same('ACCESS METHOD', 'FOREIGN DATA WRAPPER', 'SERVER', 'EVENT TRIGGER', 'PUBLICATION', 'LARGE OBJECT'),
  ...same('USER MAPPING', 'SUBSCRIPTION', 'CAST', 'TRANSFORM', 'PUBLICATION TABLE'),
  ...same('PUBLICATION TABLES IN SCHEMA'),
  ...none('ENCODING', 'STDSTRINGS', 'SEARCHPATH', 'DATABASE', 'DATABASE PROPERTIES', 'SHELL TYPE'),
  ...none('ACL', 'DEFAULT ACL', 'COMMENT', 'SECURITY LABEL', 'DATABASE SECURITY LABEL', 'BLOB COMMENTS'),
  ...none('TABLE DATA', 'SEQUENCE SET', 'BLOBS', 'STATISTICS DATA', 'SUBSCRIPTION TABLE', '<Init>'),
}
