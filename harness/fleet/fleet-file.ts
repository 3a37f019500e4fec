import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseDuration } from '../config-schema.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { mergeSettings } from '../merge-settings.ts'
import { parseUrl } from '../postgres/url.ts'
import { shortPath } from '../short-path.ts'
import { databaseSchema, fleetFileSchema, type DatabaseEntry, type FleetFile } from './fleet-schema.ts'
import type { Fleet, FleetDatabase } from './fleet.ts'
import { listDatabases } from './list-databases.ts'
import { fillIn, type Row } from './placeholders.ts'
import { describeIssue, parseYaml, type YamlText } from './yaml-text.ts'

/** Times the median at which a database is an outlier, unless the file says otherwise. */
const defaultOutlierFactor = 5

/** Problems that are told at once. */
const toldProblems = 10

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a fleet file, and lists the databases that it leaves to a command or a query. Throws HarnessError
 * `invalid-fleet` with every problem and its line, `fleet-empty`, or why the databases could not be listed.
 */
export async function readFleet(
  path: string,
  cwd: string,
  { environment = process.env }: { readonly environment?: Environment } = {},
): Promise<Fleet> {
  const { shown, yaml, file } = await openFleetFile(path, cwd)
  const rows = file.list === undefined ? [] : await listDatabases(file.list, { cwd, environment })
  const problems: Problem[] = []
  const listed = rows.flatMap((row, index) => entryOf(row, index, file, problems))
  const entries = [...(file.databases ?? []), ...listed]
  problems.push(...repeated(entries), ...unknownCanaries(file, entries))
  if (problems.length > 0) throw invalid(shown, located(yaml, problems))
  if (entries.length === 0) throw empty(shown)
  return {
    databases: entries.map((entry) => databaseOf(file, entry)),
    canary: file.canary,
    parallel: file.parallel,
    timeoutMs: file.timeout === undefined ? undefined : parseDuration(file.timeout),
    outlierFactor: file.outliers ?? defaultOutlierFactor,
  }
}

/** What a fleet file says itself; lists no databases. Throws HarnessError `invalid-fleet`. */
export async function readFleetFile(path: string, cwd: string): Promise<FleetFile> {
  return (await openFleetFile(path, cwd)).file
}

async function openFleetFile(
  path: string,
  cwd: string,
): Promise<{ shown: string; yaml: YamlText; file: FleetFile }> {
  const absolute = resolve(cwd, path)
  const shown = shortPath(cwd, absolute)
  const text = await readFile(absolute, 'utf8').catch((cause: unknown) => {
    throw invalid(shown, [` it cannot be read: ${messageOf(cause)}`])
  })
  const yaml = parseYaml(text)
  return { shown, yaml, file: checked(yaml, shown) }
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly text: string
}

function checked(yaml: YamlText, shown: string): FleetFile {
  if (yaml.problems.length > 0) throw invalid(shown, yaml.problems)
  const parsed = fleetFileSchema.safeParse(yaml.value ?? {})
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(describeIssue)),
    ...passwords(yaml.value),
    ...unknownInEach(parsed.data?.list?.each),
  ]
  if (!parsed.success || problems.length > 0) throw invalid(shown, located(yaml, problems))
  return parsed.data
}

function located(yaml: YamlText, problems: readonly Problem[]): string[] {
  return problems.map(({ path, text }) => `${yaml.lineOf(path)}: ${text}`)
}

/** A file that is checked in must hold no secret. */
function passwords(value: unknown, path: readonly PropertyKey[] = []): Problem[] {
  if (typeof value === 'string') {
    return (parseUrl(value)?.password ?? '') === ''
      ? []
      : [{ path, text: `${path.join('.')}: it has a password; put the URL into a variable and say env:NAME` }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => passwords(item, [...path, key]))
}

function unknownInEach(each: Readonly<Record<string, unknown>> = {}): Problem[] {
  return Object.keys(each)
    .filter((key) => !(key in databaseSchema.shape))
    .map((key) => ({ path: ['list', 'each', key], text: `list.each knows no ${JSON.stringify(key)}` }))
}

/** What a row comes to; its problems are those of `list.each`. */
function entryOf(row: Row, index: number, { list }: FleetFile, problems: Problem[]): DatabaseEntry[] {
  const each = { name: '{name}', ...list?.each }
  const told = (path: readonly PropertyKey[], text: string) =>
    problems.push({ path: ['list', 'each', ...path], text: `row ${index + 1} of the list: ${text}` })
  const filled: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(each)) {
    try {
      filled[key] = fillIn({ [key]: value }, row)
    } catch (error) {
      told([key], `${key}: ${messageOf(error)}`)
    }
  }
  const parsed = databaseSchema.safeParse(Object.assign({}, ...Object.values(filled)))
  if (parsed.success) return [parsed.data]
  const failed = new Set(Object.keys(each).filter((key) => !(key in filled)))
  for (const { path, text } of parsed.error.issues.flatMap(describeIssue)) {
    if (!failed.has(String(path[0]))) told(path, text)
  }
  return []
}

function repeated(entries: readonly DatabaseEntry[]): Problem[] {
  const seen = new Set<string>()
  return entries.flatMap(({ name }, index) => {
    const key = name.toLowerCase()
    if (seen.has(key))
      return [{ path: ['databases', index], text: `the name ${JSON.stringify(name)} is there twice` }]
    seen.add(key)
    return []
  })
}

function unknownCanaries({ canary }: FleetFile, entries: readonly DatabaseEntry[]): Problem[] {
  if (!Array.isArray(canary)) return []
  return canary.flatMap((name, index) =>
    entries.some((entry) => entry.name === name)
      ? []
      : [{ path: ['canary', index], text: `canary: no database has the name ${JSON.stringify(name)}` }],
  )
}

function databaseOf({ defaults }: FleetFile, entry: DatabaseEntry): FleetDatabase {
  const { environment: shared, ...below } = defaults ?? {}
  const { name, priority = 0, environment: own, ...settings } = entry
  const environment = { ...shared, ...own }
  return {
    name,
    priority,
    settings: mergeSettings(below, settings),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  }
}

function invalid(shown: string, problems: readonly string[]): HarnessError {
  const told = problems.slice(0, toldProblems).map((problem) => `${shown}:${problem}`)
  const more = problems.length - told.length
  const lines = [...told, ...(more > 0 ? [`and ${more} more`] : [])]
  const list = lines.length === 1 ? lines[0] : `\n${lines.map((line) => `  - ${line}`).join('\n')}`
  return new HarnessError('invalid-fleet', `The fleet file is not valid: ${list}`, {
    hint: `Correct ${shown}; docs/fleet.md has all that it may hold, and docs/configuration.md the settings of a database.`,
  })
}

function empty(shown: string): HarnessError {
  return new HarnessError('fleet-empty', `${shown} lists no database, so nothing could be verified.`, {
    hint: 'Name some under `databases`, or have them listed by `list`; a list that gives none is an error.',
  })
}
