import { createRedactor } from '../redact.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What a program that fetches production's backup is given: everything that the operator gave us (it needs the
 * credentials, agents and proxies that are there for it) but what is for the rehearsal alone.
 */
export function ownEnvironment(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !isOurs(entry[0]),
    ),
  )
}

/** Signing keys, salts, webhooks and servers of ours are no affair of it. */
function isOurs(name: string): boolean {
  return name.startsWith('REHEARSAL_') || name === 'HISTORY_DATABASE_URL'
}

/** What such a program said, without the secrets of its environment and of its command line. */
export function withoutSecrets(text: string, environment: Environment, commandLine = ''): string {
  const redactor = createRedactor()
  for (const [name, value = ''] of Object.entries(environment)) {
    if (secretive.test(name)) redactor.add(value)
    redactor.add(passwordIn(value))
  }
  for (const [, name = '', value = ''] of commandLine.matchAll(/([\w-]+)[= ](?:['"])?([^\s'"]+)/g))
    if (secretive.test(name)) redactor.add(value)
  for (const [url] of commandLine.matchAll(/\w+:\/\/[^\s'"]+/g)) redactor.add(passwordIn(url))
  return redactor.text(text)
}

const secretive =
  /pass(?:word|phrase|wd)?$|cipher-?_?pass|secret|token|(?:private|access|account|sas)[-_]?key|key[-_]secret/i

function passwordIn(value: string): string {
  return /^\w+:\/\/[^\s:@/]*:([^\s@/]+)@/.exec(value)?.[1] ?? ''
}
