import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import { verdictOf, type Rehearsal } from '../rehearsal.ts'
import { rehearsalSchema } from './schema.ts'

const known = 1

/** What was wrong, at most; the rest of a damaged file says nothing new. */
const shownProblems = 3

/**
 * The rehearsal that a JSON report holds. Throws HarnessError when the text is none: `saved-report-not-json`,
 * `saved-report-version` for one of another version of the document, `saved-report-damaged`.
 */
export function parseSaved(text: string, path: string): Rehearsal {
  const document = jsonOf(text, path)
  const version = versionOf(document)
  if (version !== undefined && version !== known) {
    throw new HarnessError(
      'saved-report-version',
      `${path} is a rehearsal document of version ${String(version)}; this pg-rehearsal reads version ${known}.`,
      { hint: 'Render it with the version of pg-rehearsal that wrote it: `tool.version` in the file.' },
    )
  }
  const parsed = rehearsalSchema.safeParse(document)
  if (parsed.success) return consistent(parsed.data, path)
  const problems = parsed.error.issues.slice(0, shownProblems).map(problemText)
  const more = parsed.error.issues.length - problems.length
  throw new HarnessError(
    'saved-report-damaged',
    `${path} is not a whole rehearsal: ${problems.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    { hint: 'Give the file that `--report json=PATH` wrote, unchanged.' },
  )
}

/** A report must not be greener than what it tells. */
function consistent(rehearsal: Rehearsal, path: string): Rehearsal {
  const verdict = verdictOf(rehearsal)
  if (verdict === rehearsal.verdict) return rehearsal
  throw new HarnessError(
    'saved-report-damaged',
    `${path} says the verdict is ${rehearsal.verdict}, but its stages and findings come to ${verdict}.`,
    { hint: 'Give the file that `--report json=PATH` wrote, unchanged.' },
  )
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HarnessError(
      'saved-report-not-json',
      `${path} is not JSON, or not all of it: ${String(cause)}`,
      {
        hint: 'Give the file that `--report json=PATH` wrote; it may have been cut off.',
        cause,
      },
    )
  }
}

function versionOf(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || !('schemaVersion' in document)) return undefined
  return document.schemaVersion
}

function problemText({ path, message }: z.core.$ZodIssue): string {
  return `${path.length === 0 ? 'the document' : path.join('.')}: ${message}`
}
