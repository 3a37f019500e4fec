import type { Column } from './columns.ts'

/** What a column's name says that it holds; undefined when it says nothing personal. */
export function personalByName({ name, relation, family }: Column): string | undefined {
  if (family === null) return undefined
  const words = wordsOf(name)
  const found = kinds.find(
    ({ pattern, families }) => families.includes(family) && pattern.test(` ${words.join(' ')} `),
  )
  if (found !== undefined) return found.what
  const people = wordsOf(relation).some((word) => peopleWords.test(word))
  return people && family === 'text' && words.join(' ') === 'name' ? 'names' : undefined
}

/** `userEmail`, `user_email` and `USER-EMAIL` are the same words. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

const peopleWords =
  /^(?:users?|customers?|clients?|members?|people|persons?|contacts?|employees?|staff|patients?|students?|subscribers?|buyers?|sellers?|authors?|profiles?|leads?|guests?|recipients?)$/

const anyText = ['text', 'json'] as const
const secrets = ['text', 'json', 'uuid', 'bytes'] as const
const numbers = ['text', 'json', 'whole number'] as const

interface Kind {
  readonly what: string
  /** Of the words with one blank between them and around them. */
  readonly pattern: RegExp
  readonly families: readonly NonNullable<Column['family']>[]
}

const kinds: readonly Kind[] = [
  { what: 'e-mail addresses', pattern: / (?:e ?mails?|mail)(?: address(?:es)?)? /, families: anyText },
  {
    what: 'phone numbers',
    pattern: / (?:phones?|telephone|tel|mobile|cell|cellphone|fax|msisdn|whatsapp|phone number) /,
    families: numbers,
  },
  {
    what: 'names',
    pattern:
      / (?:(?:first|last|full|given|family|middle|maiden|display|nick|legal|contact|customer|billing|shipping|card ?holder) ?names?|firstname|lastname|fullname|surname|forename|username|user name|holder) /,
    families: anyText,
  },
  {
    what: 'network addresses',
    pattern: / (?:ip|ips|ipv4|ipv6|ip ?addr(?:ess)?|remote addr(?:ess)?|mac ?address) /,
    families: ['text', 'json', 'network'],
  },
  {
    what: 'addresses',
    pattern: / (?:address(?:es)?|addr|street|house number|post ?code|postal code|zip|zip ?code) /,
    families: anyText,
  },
  {
    what: 'dates of birth',
    pattern: / (?:birth|birthday|birth ?date|date of birth|dob|born(?: on| at)?) /,
    families: ['text', 'date', 'timestamp'],
  },
  {
    what: 'account numbers',
    pattern:
      / (?:iban|bic|card number|pan|account number|sort code|vat(?: number| id)?|tax (?:id|number)|ssn|nino|social security(?: number)?|passport(?: number)?|national id|id number|driv(?:er|ing) licen[cs]e(?: number)?) /,
    families: numbers,
  },
  {
    what: 'secrets',
    pattern:
      / (?:passwords?|passwd|pwd|password (?:hash|digest)|tokens?|secrets?|api ?key|private key|otp|pin|salt|session (?:id|key|token)|cookie) /,
    families: secrets,
  },
]
