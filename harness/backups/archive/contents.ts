import { escapeIdentifier } from 'pg'
import type { BackupContents, BackupEntry, SequenceState } from '../backup-format.ts'
import { entryName, leavesUnvalidated, sequenceState } from '../entry-name.ts'
import type { TocEntry } from './toc.ts'

/** What a table of contents says that the database has. `rows` are those counted in the files of data. */
export function contentsOf(entries: readonly TocEntry[], rows: BackupContents['rows']): BackupContents {
  const isConstraint = ({ desc }: TocEntry): boolean => /(?:^|\s)CONSTRAINT$/.test(desc)
  return {
    source: 'table of contents',
    entries: entries.flatMap(objectsOf),
    notValidated: entries
      .filter((entry) => isConstraint(entry) && leavesUnvalidated(entry.defn ?? ''))
      .map(({ namespace, tag }) => entryName({ schema: schemaOf(namespace), name: tag })),
    sequences: entries.filter(({ desc }) => desc === 'SEQUENCE SET').flatMap((entry) => stateOf(entry) ?? []),
    rows,
  }
}

/** Several for large objects: since 1.16 one entry has many of them, listed in its definition. */
function objectsOf({ desc, tag, namespace, defn }: TocEntry): BackupEntry[] {
  if (desc === 'BLOB' || desc === 'BLOB METADATA') {
    const oids = (defn ?? '').match(/(?<=lo_create\(')\d+|^\d+$/gm) ?? []
    return oids.map((name) => ({ kind: 'LARGE OBJECT', schema: null, name }))
  }
  return [{ kind: desc, schema: schemaOf(namespace), name: tag }]
}

/** Before 10.3 the statement left the schema to the search path. */
function stateOf({ namespace, tag, defn }: TocEntry): SequenceState | undefined {
  const state = sequenceState(defn ?? '')
  const name = [namespace || 'public', tag].map(escapeIdentifier).join('.')
  return state && { ...state, name }
}

function schemaOf(namespace: string | null): string | null {
  return namespace === '' ? null : namespace
}
