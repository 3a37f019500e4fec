import type { BackupEntry } from '../backup-format.ts'
import { nameOf } from './target.ts'

/**
 * The object that a statement of pg_dump makes, named as in a table of contents; undefined for other statements and
 * for kinds whose names need more than the statement (operators, casts). `schema` is where unqualified names are.
 */
export function entryOf(statement: string, schema: string): BackupEntry | undefined {
  for (const { pattern, kind, local } of patterns) {
    const groups = pattern.exec(statement)?.groups
    if (groups?.['name'] === undefined) continue
    const name = nameOf(groups['name'])
    const table = groups['table'] === undefined ? '' : `${nameOf(groups['table'])} `
    if (local === true) return { kind, schema: null, name }
    return {
      kind,
      schema: groups['schema'] === undefined ? schema : nameOf(groups['schema']),
      name: table + name,
    }
  }
  return undefined
}

interface Pattern {
  readonly pattern: RegExp
  readonly kind: string
  /** The name has no schema. */
  readonly local?: true
}

const identifier = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`
/** A qualified name whose last part is `name`. */
const named = String.raw`(?:(?<schema>${identifier})\.)?(?<name>${identifier})`
/** One whose last part is the table that `name` belongs to. */
const ofTable = String.raw`(?:(?<schema>${identifier})\.)?(?<table>${identifier})`
const alone = `(?<name>${identifier})`
/** One that is not asked for. */
const ofAny = `(?:${identifier}\\.)?${identifier}`
const table = String.raw`^alter (?:foreign )?table (?:only )?`

const patterns: readonly Pattern[] = [
  of('TABLE', `^create (?:unlogged )?table (?:if not exists )?${named}`),
  of('FOREIGN TABLE', `^create foreign table (?:if not exists )?${named}`),
  of('VIEW', `^create (?:or replace )?(?:recursive )?view ${named}`),
  of('MATERIALIZED VIEW', `^create materialized view (?:if not exists )?${named}`),
  of('SEQUENCE', `^create sequence (?:if not exists )?${named}`),
  of('SEQUENCE', `${table}${ofAny} alter column ${identifier} add generated [^]*? sequence name ${named}`),
  of('SEQUENCE OWNED BY', `^alter sequence ${named} owned by (?!none\\b)`),
  // A shell (`create type x;`) is the same type, not made yet.
  of('TYPE', `^create type ${named} (?:as\\b|\\()`),
  of('DOMAIN', `^create domain ${named}`),
  of('ROUTINE NAME', `^create (?:or replace )?(?:function|procedure|aggregate) ${named}`),
  of(
    'INDEX',
    `^create (?:unique )?index (?:concurrently )?${alone} on (?:only )?(?:(?<schema>${identifier})\\.)?`,
  ),
  of('CONSTRAINT', `${table}${ofTable} add constraint ${alone} `),
  of('DEFAULT', `${table}${ofTable} alter column ${alone} set default `),
  of('TABLE ATTACH', `${table}${ofAny} attach partition ${named}`),
  of('INDEX ATTACH', `^alter index ${ofAny} attach partition ${named}`),
  of('ROW SECURITY', `${table}${named} enable row level security`),
  of('TRIGGER', `^create (?:or replace )?(?:constraint )?trigger ${alone} [^]*? on ${ofTable}`),
  of('RULE', `^create (?:or replace )?rule ${alone} as on \\w+ to ${ofTable}`),
  of('POLICY', `^create policy ${alone} on ${ofTable}`),
  of('STATISTICS', `^create statistics (?:if not exists )?${named}`),
  of('COLLATION', `^create collation (?:if not exists )?${named}`),
  of('CONVERSION', `^create (?:default )?conversion ${named}`),
  ...['CONFIGURATION', 'DICTIONARY', 'PARSER', 'TEMPLATE'].map((what) =>
    of(`TEXT SEARCH ${what}`, `^create text search ${what} ${named}`),
  ),
  ...['SCHEMA', 'EXTENSION'].map((what) => of(what, `^create ${what} (?:if not exists )?${alone}`, true)),
  ...['EVENT TRIGGER', 'PUBLICATION', 'SUBSCRIPTION', 'SERVER', 'ACCESS METHOD', 'FOREIGN DATA WRAPPER'].map(
    (what) => of(what, `^create ${what} ${alone}`, true),
  ),
]

function of(kind: string, words: string, local?: true): Pattern {
  const pattern = new RegExp(words.replaceAll(' ', String.raw`\s+`), 'iu')
  return { kind, pattern, ...(local === undefined ? {} : { local }) }
}
