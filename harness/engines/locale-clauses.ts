import { escapeLiteral } from 'pg'
import { describeLocale } from '../postgres/database-locale.ts'
import type { DatabaseLocale } from '../postgres/database-locale.ts'

/** One way to make a database, and in what it would differ from the one asked for. */
export interface LocaleClause {
  /** Options of CREATE DATABASE. */
  readonly sql: string
  /** A sentence each. */
  readonly differences: readonly string[]
}

/**
 * The ways to make a database with this locale on a server of this major, best first: exactly, then with what sorts
 * most alike. The last one, the server's own locale, always works.
 */
export function localeClauses(
  asked: { readonly encoding?: string; readonly locale?: DatabaseLocale },
  major: number,
): LocaleClause[] {
  const { locale } = asked
  const encoding = locale?.encoding ?? asked.encoding ?? 'UTF8'
  const own = ownLocale(encoding, major)
  if (locale === undefined || locale.collate === null) return [{ sql: own, differences: [] }]
  const name = describeLocale(locale)
  const lastResort = { sql: own, differences: [differs(name, 'the locale of the server, by code points')] }
  if (isClientOnly(encoding)) return [lastResort]
  return [...waysOf(locale, `encoding ${escapeLiteral(encoding)}`, major), lastResort]
}

function waysOf(locale: DatabaseLocale, encoding: string, major: number): LocaleClause[] {
  const { provider, collate, ctype } = locale
  const name = describeLocale(locale)
  const libc = `lc_collate ${escapeLiteral(collate ?? 'C')} lc_ctype ${escapeLiteral(ctype ?? collate ?? 'C')}`
  if (provider === 'libc') {
    const exact = { sql: `${encoding} ${major >= 15 ? 'locale_provider libc ' : ''}${libc}`, differences: [] }
    const tag = languageTag(collate ?? '')
    if (tag === undefined || major < 15) return [exact]
    const differences = [differs(name, `icu ${tag}, the same language in ICU's order`)]
    return [exact, ...withLibcOf(encoding, `icu icu_locale ${escapeLiteral(tag)}`, differences)]
  }
  const since = provider === 'icu' ? 15 : 17
  if (major < since) return []
  const rules = locale.rules === null || major < 16 ? '' : ` icu_rules ${escapeLiteral(locale.rules)}`
  const own = `${provider} ${provider}_locale ${escapeLiteral(locale.locale ?? '')}${rules}`
  const differences = [
    `The backup's database has lc_collate ${collate} and lc_ctype ${ctype} beside ${name}, the copy C: full-text parsing and what asks libc may differ, order of text does not.`,
  ]
  return [
    { sql: `${encoding} locale_provider ${own} ${libc}`, differences: [] },
    ...withLibcOf(encoding, own, differences),
  ]
}

/** Which of them a server has depends on its system. */
function withLibcOf(encoding: string, provider: string, differences: readonly string[]): LocaleClause[] {
  return ['C.UTF-8', 'C'].map((libc) => ({
    sql: `${encoding} locale_provider ${provider} lc_collate '${libc}' lc_ctype '${libc}'`,
    differences,
  }))
}

function differs(asked: string, got: string): string {
  return `The backup's database sorts text by ${asked}, which this server does not have; the copy sorts by ${got}. Sorted results, range conditions, partition bounds and exclusion constraints on text may differ from production.`
}

/** `de-DE` of `de_DE.UTF-8@euro`; undefined for what is no language. */
function languageTag(name: string): string | undefined {
  const [, language, country] = /^([a-z]{2,3})(?:[_-]([A-Z]{2}))?(?:[.@]|$)/.exec(name) ?? []
  if (language === undefined) return undefined
  return country === undefined ? language : `${language}-${country}`
}

/** A database in another encoding than UTF-8 cannot have the server's UTF-8 locale; `C` goes with all of them. */
function ownLocale(encoding: string, major: number): string {
  const plain = encoding.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (plain === 'utf8' || plain === 'unicode' || isClientOnly(encoding)) return `encoding 'UTF8'`
  const provider = major >= 15 ? 'locale_provider libc' : ''
  return `encoding ${escapeLiteral(encoding)} ${provider} lc_collate 'C' lc_ctype 'C'`
}

function isClientOnly(encoding: string): boolean {
  return clientOnly.test(encoding.toLowerCase().replace(/[^a-z0-9]/g, ''))
}

// https://www.postgresql.org/docs/current/multibyte.html: "not supported as server".
const clientOnly =
  /^(big5|win950|windows950|gb18030|gbk|win936|windows936|johab|sjis|mskanji|shiftjis|win932|windows932|shiftjis2004|uhc|win949|windows949)$/
