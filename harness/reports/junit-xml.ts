/** What became of a test, beside passing. */
export interface Outcome {
  readonly tag: 'failure' | 'error' | 'skipped'
  readonly xml: string
}

export interface Case {
  readonly name: string
  readonly durationMs: number
  /** Empty: passed. */
  readonly outcome: readonly Outcome[]
  readonly output?: string
}

export interface Suite {
  readonly name: string
  readonly cases: readonly Case[]
}

export function element(tag: Outcome['tag'], type: string, message: string, text: string): Outcome {
  return {
    tag,
    xml: `<${tag} type="${escapeXml(type)}" message="${escapeXml(message)}">${escapeXml(text)}</${tag}>`,
  }
}

/** The whole document, after the schema of Jenkins' xUnit plugin (junit-10.xsd). Suites without a test are left out. */
export function testsuites(name: string, durationMs: number, suites: readonly Suite[]): string {
  const filled = suites.filter(({ cases }) => cases.length > 0)
  const all = filled.flatMap(({ cases }) => cases)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapeXml(name)}" time="${seconds(durationMs)}" tests="${all.length}" failures="${having(all, 'failure')}" errors="${having(all, 'error')}">`,
    ...filled.flatMap(suiteLines),
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteLines({ name, cases }: Suite): string[] {
  const time = seconds(cases.reduce((sum, it) => sum + it.durationMs, 0))
  return [
    `  <testsuite name="${escapeXml(name)}" tests="${cases.length}" failures="${having(cases, 'failure')}" errors="${having(cases, 'error')}" skipped="${having(cases, 'skipped')}" time="${time}">`,
    ...cases.map((it) => caseLine(name, it)),
    '  </testsuite>',
  ]
}

function caseLine(suite: string, { name, durationMs, outcome, output }: Case): string {
  const told = [
    ...outcome.map(({ xml }) => xml),
    ...(output === undefined ? [] : [`<system-out>${escapeXml(output)}</system-out>`]),
  ].join('')
  const start = `    <testcase name="${escapeXml(name)}" classname="rehearsal.${escapeXml(suite.replaceAll(' ', '-'))}" time="${seconds(durationMs)}"`
  return told === '' ? `${start}/>` : `${start}>${told}</testcase>`
}

/** Tests with such an outcome; a test that has both counts as failed, as viewers count it once. */
function having(cases: readonly Case[], tag: Outcome['tag']): number {
  return cases.filter(({ outcome }) => worst(outcome) === tag).length
}

function worst(outcome: readonly Outcome[]): Outcome['tag'] | undefined {
  return (['failure', 'error', 'skipped'] as const).find((tag) => outcome.some((it) => it.tag === tag))
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3)

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** What XML 1.0 cannot hold becomes a replacement character. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
