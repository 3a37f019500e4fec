import type { BackupContents, BackupFacts } from '../backups/backup-format.ts'
import { entryName } from '../backups/entry-name.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { amcheck, type Amchecked } from '../proof/amcheck.ts'
import { accountFor, type Accounted } from '../proof/missing.ts'
import { readPresent } from '../proof/present.ts'
import { driftedSequences, sequencesBehind } from '../proof/sequences.ts'
import { readValidity } from '../proof/validity.ts'
import type { Finding } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress } from '../stage.ts'

/** What the proof came to. */
export interface RestoreProof {
  /** How it was proved, as part of a line: `all 202 entries of the table of contents are there`. */
  readonly summary: string
  readonly findings: readonly Finding[]
}

/**
 * Looks in the restored database for everything that the backup says it has: objects, validated constraints, valid
 * indexes, the state of sequences; with `check` also for damage in tables and indexes. `known` are losses that the
 * restore has told of already. Throws HarnessError `amcheck-missing`.
 */
export async function proveRestore(
  connection: Connection,
  { contents }: Pick<BackupFacts, 'contents'>,
  { check, known }: { check: boolean; known: readonly string[] },
  progress: Progress,
): Promise<RestoreProof> {
  progress('looking for everything that the backup has')
  return await withClient(connection, async (client) => {
    const accounted = accountFor(contents.entries, await readPresent(client))
    const untold = accounted.missing.filter(({ name }) => !known.some((text) => text.includes(name)))
    const validity = await readValidity(client)
    const drifted = await driftedSequences(client, contents.sequences)
    const behind = (await sequencesBehind(client)).filter(
      ({ sequence }) => !drifted.some(({ name }) => name === sequence),
    )
    const checked = check ? await amcheck(client, progress) : undefined
    const unvalidated = validity.notValidated.filter((name) => !contents.notValidated.includes(name))
    return {
      summary: [proofText(contents, accounted), ...(checked === undefined ? [] : [checkText(checked)])].join(
        ', ',
      ),
      findings: [
        ...atMost(untold.map((entry) => lost(`${entry.kind} ${entryName(entry)}`, missing(contents)))),
        ...(contents.source === 'none'
          ? []
          : atMost(unvalidated.map((name) => lost(`CONSTRAINT ${name}`, notValid)))),
        ...atMost(validity.invalidIndexes.map((name) => lost(`INDEX ${name}`, 'is invalid in the copy'))),
        ...atMost(
          drifted.map(({ name, expected, found }) =>
            lost(`SEQUENCE ${name}`, `is at ${found} in the copy and at ${expected} in the backup`),
          ),
        ),
        ...behind.map((each) => behindColumn(each)),
        ...(checked?.damages ?? []).map(({ kind, name, message }) => damaged(kind, name, message)),
        ...unknownKinds(accounted),
      ],
    }
  })
}

function proofText({ source }: BackupContents, { looked, missing }: Accounted): string {
  if (source === 'none')
    return 'its SQL does not tell what it should have, so only its tables were looked for'
  const what =
    source === 'statements' ? 'objects that its statements make' : 'entries of its table of contents'
  return missing.length === 0
    ? `all ${looked.toLocaleString('en-GB')} ${what} are there`
    : `${missing.length.toLocaleString('en-GB')} of ${looked.toLocaleString('en-GB')} ${what} are missing`
}

function checkText({ indexes, tables, damages }: Amchecked): string {
  const of = `${count(tables, 'table')} and ${count(indexes, 'index', 'indexes')} checked with amcheck`
  return damages.length === 0 ? of : `${of}, ${count(damages.length, 'damage')} found`
}

function missing({ source }: BackupContents): string {
  return `is in the backup (by its ${source}) but not in the copy`
}

const notValid = 'is validated in the backup and not in the copy'

function lost(subject: string, what: string): Finding {
  return {
    id: 'degraded-restore',
    severity: 'unverified',
    subject,
    message: `${subject} ${what}.`,
    remedy: 'Make the backup restore whole (roles, extensions, versions), then rehearse again.',
  }
}

function behindColumn({
  sequence,
  column,
  next,
  highest,
}: Awaited<ReturnType<typeof sequencesBehind>>[number]): Finding {
  return {
    id: 'sequence-behind',
    severity: 'warning',
    subject: sequence,
    message: `The sequence gives ${next} next, and ${column} has come to ${highest} already, in the backup as in the copy: an insert may fail.`,
    remedy: `Set it in production: select setval('${sequence}', (select max(…) from …)).`,
  }
}

function damaged(kind: string, name: string, message: string): Finding {
  return {
    id: `corrupt-${kind}`,
    severity: 'error',
    subject: name,
    message: `amcheck found the ${kind} damaged: ${message}`,
    remedy:
      kind === 'index'
        ? 'Look whether production has the same damage (amcheck there), and reindex it.'
        : 'Look whether production has the same damage (amcheck there), and keep older backups until that is known.',
  }
}

function unknownKinds({ unknownKinds: kinds }: Accounted): Finding[] {
  if (kinds.length === 0) return []
  return [
    {
      id: 'entries-not-looked-for',
      severity: 'notice',
      subject: kinds.join(', '),
      message:
        'Entries of these kinds are in the backup, and only the restore itself says that they came along.',
    },
  ]
}

/** The first ones each on its own, the others together: a thousand lost objects have one reason. */
function atMost(findings: readonly Finding[], limit = 20): Finding[] {
  const [first, ...others] = findings.slice(limit)
  if (first === undefined) return [...findings]
  const details = [first, ...others].map(({ subject }) => subject)
  return [
    ...findings.slice(0, limit),
    {
      ...first,
      message: `${first.message} The same is true of ${count(others.length, 'other')}.`,
      evidence: { details },
    },
  ]
}
