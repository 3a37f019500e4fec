import { spawn } from 'node:child_process'
import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/**
 * Runs every test, folder by folder, two at a time; names those that failed once more, and the last line counts them
 * all. Arguments narrow it to their files.
 */
async function main(): Promise<void> {
  const wanted = process.argv.slice(2)
  const patterns = wanted.length > 0 ? wanted : ['harness/**/*.test.ts']
  const files = await Array.fromAsync(glob(patterns))
  const total: Counted = { passed: 0, failed: 0, skipped: 0, failures: [] }
  const take = async (queue: string[][], workers: number) => {
    const worker = async () => {
      for (let group = queue.shift(); group !== undefined; group = queue.shift()) add(total, await run(group))
    }
    await Promise.all(Array.from({ length: workers }, worker))
  }
  await take(groupsOf(files.filter((file) => !isAlone(file))), Math.min(2, availableParallelism()))
  await take(groupsOf(files.filter(isAlone)), 1)
  console.log(['', ...total.failures].join('\n'))
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  process.exitCode = total.failures.length > 0 || total.failed > 0 || total.passed === 0 ? 1 : 0
}

/** They look at everything of ours on the machine, or at how long something takes. */
const alone: ReadonlySet<string> = new Set([
  'harness/interrupt.test.ts',
  'harness/snapshots.test.ts',
  'harness/probes/prober.pg.test.ts',
  'harness/probes/probes.test.ts',
  'harness/trace/growth.pg.test.ts',
  'harness/trace/tap.pg.test.ts',
  'harness/trace/traced.pg.test.ts',
  'harness/engines/docker-program.pg.test.ts',
  'harness/container-image.pg.test.ts',
  'harness/swarm.pg.test.ts',
  'harness/engines/remote-engine.pg.test.ts',
])

function isAlone(file: string): boolean {
  return alone.has(file.replaceAll('\\', '/'))
}

/** One mocha for each folder, as its files share servers; the program's own tests start theirs and go one by one. */
function groupsOf(files: readonly string[]): string[][] {
  const byFolder = Object.groupBy(files.toSorted(), (file) =>
    dirname(file) === 'harness' ? file : dirname(file),
  )
  const groups = Object.values(byFolder).map((group = []) => group)
  return groups.toSorted((one, other) => weight(other) - weight(one))
}

/** Longest first, so that no worker is left with a long one at the end. */
function weight(group: readonly string[]): number {
  const long = /cli\.test|formats\.pg|locks\.pg|crashes\.pg|staircase\.pg|secrets|package\.test/
  return group.reduce((sum, file) => sum + (long.test(file) ? 20 : file.includes('.pg.') ? 3 : 1), 0)
}

interface Counted {
  passed: number
  failed: number
  skipped: number
  /** A line for each failed test, and for a mocha that ended otherwise than with one. */
  readonly failures: string[]
}

/** One mocha; what it prints is printed when it is done, so that two do not mix. */
async function run(files: readonly string[]): Promise<Counted> {
  const startedAt = performance.now()
  const args = ['node_modules/mocha/bin/mocha.js', '--config', 'harness/testing/mocharc.json', ...files]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const output = Buffer.concat(chunks).toString('utf8')
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const folder = files.length === 1 ? files[0] : dirname(files[0] ?? '')
  process.stdout.write(`\n== ${folder}, ${seconds} s\n${output}`)
  const plain = stripVTControlCharacters(output)
  const counts = plain.match(/^(\d+) passed, (\d+) failed, (\d+) skipped$/m)
  const [passed = 0, failed = 0, skipped = 0] = (counts ?? []).slice(1).map(Number)
  const failures = plain.split('\n').filter((line) => line.startsWith('FAILED: '))
  if (counts === null || (code !== 0 && failed === 0)) {
    failures.push(`FAILED: ${folder}: mocha ended with ${code} and without a failed test`)
  }
  return { passed, failed, skipped, failures }
}

function add(total: Counted, counted: Counted): void {
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counted[key]
  total.failures.push(...counted.failures)
}

await main()
