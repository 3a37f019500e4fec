/** How a database encodes, sorts and classifies text. */
export interface DatabaseLocale {
  /** As Postgres names it: `UTF8`, `LATIN1`. */
  readonly encoding: string | null
  /** Who compares strings; only libc does before Postgres 15. */
  readonly provider: 'libc' | 'icu' | 'builtin'
  /** LC_COLLATE and LC_CTYPE; null where it is not said. */
  readonly collate: string | null
  readonly ctype: string | null
  /** The provider's own, `de-DE` of ICU or `C.UTF-8` of builtin; null for libc. */
  readonly locale: string | null
  /** ICU's tailoring rules. */
  readonly rules: string | null
}

/** The locale in a CREATE DATABASE statement as pg_dump writes it; null when it names none. */
export function localeOfStatement(statement: string): DatabaseLocale | null {
  const options = new Map<string, string>()
  // From the name's end on: a database may be called anything.
  const rest = /^\s*create\s+database\s+(?:"(?:[^"]|"")*"|\S+)([^]*)$/i.exec(statement)?.[1]
  for (const [, name = '', quoted, plain = ''] of (rest ?? '').matchAll(option))
    options.set(name.toLowerCase(), quoted?.replaceAll("''", "'") ?? plain)
  const locale = options.get('locale')
  const encoding = options.get('encoding') ?? null
  const collate = options.get('lc_collate') ?? locale ?? null
  const own = options.get('icu_locale') ?? options.get('builtin_locale') ?? null
  if (encoding === null && collate === null && own === null) return null
  return {
    encoding,
    provider: providerOf(options.get('locale_provider')),
    collate,
    ctype: options.get('lc_ctype') ?? locale ?? null,
    locale: own,
    rules: options.get('icu_rules') ?? null,
  }
}

/** For people: `libc de_DE.UTF-8`, `icu de-DE`, `libc C with lc_ctype en_US.UTF-8`. */
export function describeLocale({ provider, collate, ctype, locale, rules }: DatabaseLocale): string {
  if (provider !== 'libc')
    return `${provider} ${locale ?? 'of an unknown name'}${rules === null ? '' : ' with rules of its own'}`
  return `libc ${collate ?? 'of an unknown name'}${ctype === collate ? '' : ` with lc_ctype ${ctype}`}`
}

const option = /\b([a-z_]+)\s*=\s*(?:'((?:[^']|'')*)'|([^\s;]+))/gi

function providerOf(name: string | undefined): DatabaseLocale['provider'] {
  const lower = name?.toLowerCase()
  return lower === 'icu' || lower === 'builtin' ? lower : 'libc'
}
