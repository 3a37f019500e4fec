import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { parseDuration } from '../config-schema.ts'
import { takeSample } from '../deployment/take-sample.ts'
import { parseSamples } from '../deployment/samples.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { parseUrl } from '../postgres/url.ts'
import { count } from '../reports/text.ts'
import { act, type Acting } from './act.ts'

interface SampleOptions {
  readonly every: number
  readonly count: number
  readonly output: string
  readonly urlVariable: string
}

/** `rehearse sample-traffic`: how busy production is over a week, for the window of a deployment. */
export function sampleTraffic(command: Command): void {
  command
    .description(
      'Append to a file how many transactions production has counted, again and again: one row of pg_stat_database, in a read-only session that is bounded in time. A week of it tells `rehearse plan` the quiet hours.',
    )
    .addOption(
      new Option('--every <time>', 'how often, from 1s to 1h').default(300_000, '5m').argParser(everyOf),
    )
    .addOption(
      new Option('--count <number>', 'how many times').default(2_017, 'a week of 5m').argParser(countOf),
    )
    .option('--output <path>', 'JSON lines, which are added to', '.rehearsal/traffic.jsonl')
    .option(
      '--url-variable <name>',
      'the variable that holds the URL; it is never given on the command line',
      'PRODUCTION_DATABASE_URL',
    )
    .action(async (options: SampleOptions) => {
      await act(async (acting) => await collect(options, acting))
    })
}

/** After so many in a row that failed it is no use to go on. */
const failuresAtMost = 10

async function collect(options: SampleOptions, { redactor, signal }: Acting): Promise<void> {
  const { every, output, urlVariable } = options
  const url = process.env[urlVariable] ?? ''
  const password = parseUrl(url)?.password
  if (password === undefined) throw noUrl(urlVariable)
  redactor.add(password)
  await prepare(output)
  let taken = 0
  let failures = 0
  for (let number = 1; number <= options.count && !signal.aborted; number += 1) {
    const dueAt = Date.now() + every
    try {
      const sample = await takeSample(url)
      await appendFile(output, `${JSON.stringify(sample)}\n`)
      taken += 1
      failures = 0
    } catch (cause) {
      failures += 1
      console.error(redactor.text(`  sample ${number} was not taken: ${messageOf(cause)}`))
      // A wrong URL will not get better; a server that restarts will.
      if (taken === 0 || failures === failuresAtMost) throw notTaken(urlVariable, cause)
    }
    if (number < options.count) await sleep(dueAt - Date.now(), undefined, { signal }).catch(() => {})
  }
  console.error(`  ${count(taken, 'sample')} added to ${output}`)
}

/** The file must be one of samples, or none yet: nothing else is added to. */
async function prepare(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const before = await readFile(path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
      throw error
    })
    parseSamples(before)
  } catch (cause) {
    throw new HarnessError('samples-not-written', `${path} cannot be added to: ${messageOf(cause)}`, {
      hint: 'Name another file with --output.',
      cause,
    })
  }
}

function everyOf(text: string): number {
  try {
    const every = parseDuration(text)
    if (every >= 1_000 && every <= 3_600_000) return every
  } catch {
    // Told below, as for a time out of range.
  }
  throw new InvalidArgumentError('It must be a time from 1s to 1h.')
}

function countOf(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new InvalidArgumentError('It must be a whole number above 0.')
}

function noUrl(variable: string): HarnessError {
  return new HarnessError('no-production-url', `${variable} holds no postgres URL.`, {
    hint: `Set ${variable} in the environment or in .env, for a role that may connect and nothing else.`,
  })
}

function notTaken(variable: string, cause: unknown): HarnessError {
  return new HarnessError(
    'traffic-not-sampled',
    `The server of ${variable} could not be looked at: ${messageOf(cause)}`,
    {
      hint: 'Check the URL, that the server answers from here, and that the role may connect.',
      cause,
    },
  )
}
