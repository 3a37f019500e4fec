import { expect } from 'chai'
import { describeLocale, localeOfStatement } from './database-locale.ts'

const statements = [
  [
    `CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'de_DE.UTF-8';`,
    'UTF8: libc de_DE.UTF-8',
  ],
  [
    `CREATE DATABASE "ENCODING = 'X'" WITH TEMPLATE = template0 ENCODING = 'LATIN1' LC_COLLATE = 'C' LC_CTYPE = 'de_DE.ISO-8859-1';`,
    'LATIN1: libc C with lc_ctype de_DE.ISO-8859-1',
  ],
  [
    `CREATE DATABASE a WITH ENCODING = 'UTF8' LOCALE_PROVIDER = icu LOCALE = 'en_US.utf8' ICU_LOCALE = 'de-DE' ICU_RULES = '&a < ''b''';`,
    'UTF8: icu de-DE with rules of its own',
  ],
  [
    `CREATE DATABASE a WITH ENCODING = 'UTF8' LOCALE_PROVIDER = builtin LOCALE = 'C' BUILTIN_LOCALE = 'C.UTF-8';`,
    'UTF8: builtin C.UTF-8',
  ],
  ['CREATE DATABASE shop;', 'nothing'],
  ['', 'nothing'],
] as const

describe('the locale of CREATE DATABASE', () => {
  for (const [statement, said] of statements) {
    it(`is ${said}`, () => {
      const locale = localeOfStatement(statement)
      expect(locale === null ? 'nothing' : `${locale.encoding}: ${describeLocale(locale)}`).to.equal(said)
    })
  }
})
