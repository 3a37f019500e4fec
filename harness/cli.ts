import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command, Option } from 'commander'
import dotenv from 'dotenv'
import { clean } from './clean.ts'
import { loadPlan } from './config.ts'
import { HarnessError, messageOf } from './errors.ts'
import type { Plan } from './plan.ts'
import { createRedactor, type Redactor } from './redact.ts'
import { exitCodes } from './rehearsal.ts'
import { rehearse } from './rehearse.ts'
import { inspect } from './inspect.ts'
import { liveView } from './live-view.ts'
import { renderInspection } from './reports/inspection.ts'
import { reportNames, reports, type ReportName } from './reports/index.ts'
import { parseSaved } from './reports/saved.ts'
import { settings, type RawSettings, type Setting } from './settings.ts'
import { version } from './version.ts'

const exitCodeHelp = `
Exit codes:
  0    passed: everything was verified and nothing is wrong
  1    failed: at least one finding is an error
  2    could not verify: something that had to be verified was not, or the plan cannot be carried out
  130  interrupted (143 by SIGTERM); everything that was started is removed
`

const runHelp = `${exitCodeHelp}
Every option can also be set by an environment variable (also in .env) or in rehearsal.config.ts, .js or
.json; a flag beats the environment, the environment beats the file. See .env.example for all of them.

Examples:
  $ rehearse run --backup production.dump
  $ rehearse run --backup nightly.sql.gz --engine docker --report json=out/rehearsal.json
  $ rehearse run --migrations src/db/migrator.ts#createMigrator --specs 'smoke/**/*.spec.ts'
`

async function main(): Promise<void> {
  dotenv.config({ quiet: true })
  const program = new Command('rehearse')
    .description('Rehearse a Postgres migration on your own production backup before production sees it.')
    .version(version)
    .showHelpAfterError('(add --help for what can be said)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addHelpText('after', exitCodeHelp)
  describeRun(program.command('run'))
  describeInspect(program.command('inspect'))
  describeReport(program.command('report'))
  program
    .command('clean')
    .description(
      'Remove everything that pg-rehearsal left on this machine, kept databases included, and nothing else.',
    )
    .action(cleanAction)
  await program.parseAsync()
}

function describeRun(command: Command): void {
  command
    .description(
      'Restore a backup, apply the pending migrations, run the smoke specs, roll back, and report.',
    )
    .addHelpText('after', runHelp)
    .addOption(
      new Option(
        '--config <file>',
        'config file (default: rehearsal.config.{ts,js,json}, where there is one)',
      ).env('REHEARSAL_CONFIG'),
    )
  for (const setting of settings as readonly Setting[]) {
    if (setting.flag === undefined) continue
    const fallback = setting.defaultText === undefined ? '' : ` (default: ${setting.defaultText})`
    const option = new Option(setting.flag, `${setting.description}${fallback} [${setting.variable}]`)
    if (setting.list) option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value])
    command.addOption(option)
  }
  command.action(runAction)
}

function describeInspect(command: Command): void {
  command
    .description('Print what a backup holds, and which migrations are pending on it, without restoring it.')
    .argument('<path>', 'the backup, in any format that `rehearse run` takes')
    .option('--json', 'print one JSON document')
    .option('--config <file>', 'config file, as for `rehearse run`')
  for (const setting of settings as readonly Setting[]) {
    if (!['migrations', 'database'].includes(setting.key) || setting.flag === undefined) continue
    command.option(setting.flag, `${setting.description} [${setting.variable}]`)
  }
  command.action(inspectAction)
}

async function inspectAction(backup: string, options: Record<string, unknown>): Promise<void> {
  const redactor = createRedactor()
  try {
    const plan = await loadPlan({
      cwd: process.cwd(),
      flags: { ...flagsOf(options), backup },
      configFile: options['config'] as string | undefined,
      environment: process.env,
    })
    const { signal } = abortOnSignals()
    const inspection = await inspect(plan, signal)
    const json = options['json'] === true
    process.stdout.write(
      json ? `${JSON.stringify(inspection, undefined, 2)}\n` : renderInspection(inspection),
    )
  } catch (error) {
    fail(error, redactor)
  }
}

async function runAction(options: Record<string, unknown>): Promise<void> {
  const redactor = createRedactor()
  try {
    const plan = await loadPlan({
      cwd: process.cwd(),
      flags: flagsOf(options),
      configFile: options['config'] as string | undefined,
      environment: process.env,
    })
    const { signal, exitCode } = abortOnSignals()
    const view = liveView(process.stderr, redactor)
    const rehearsal = await rehearse(plan, { observe: view.observe, signal, redactor })
    view.close()
    process.stdout.write(reports.terminal.render(rehearsal))
    for (const target of plan.reports) await writeReport(target, reports[target.name].render(rehearsal))
    process.exitCode = exitCode() ?? exitCodes[rehearsal.verdict]
  } catch (error) {
    fail(error, redactor)
  }
}

async function writeReport({ path }: Plan['reports'][number], text: string): Promise<void> {
  if (path === '-') return void process.stdout.write(text)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  } catch (cause) {
    throw new HarnessError(
      'report-not-written',
      `The report ${path} could not be written: ${String(cause)}`,
      {
        hint: 'Check the path, its permissions and the disk; the verdict is the one printed above.',
        cause,
      },
    )
  }
  console.error(`  report written to ${path}`)
}

function describeReport(command: Command): void {
  command
    .description(
      'Render a saved JSON report again, in any format. Exit code 0 once it is written, whatever it says.',
    )
    .argument('<saved.json>', 'what `--report json=PATH` wrote')
    .addOption(new Option('--format <name>', 'which report').choices(reportNames).makeOptionMandatory())
    .option('--output <path>', 'where to; standard output by default', '-')
    .action(reportAction)
}

async function reportAction(saved: string, { format, output }: { format: ReportName; output: string }) {
  const redactor = createRedactor()
  try {
    const text = await readFile(saved, 'utf8').catch((cause: unknown) => {
      throw new HarnessError('saved-report-not-read', `${saved} cannot be read: ${messageOf(cause)}`, {
        hint: 'Give the file that `--report json=PATH` wrote.',
        cause,
      })
    })
    await writeReport({ name: format, path: output }, reports[format].render(parseSaved(text, saved)))
  } catch (error) {
    fail(error, redactor)
  }
}

async function cleanAction(): Promise<void> {
  const redactor = createRedactor()
  try {
    const removed = await clean(process.env['REHEARSAL_SERVER_URL'])
    for (const line of removed) console.log(redactor.text(line))
    console.log(removed.length === 0 ? 'Nothing of pg-rehearsal was left.' : `Removed ${removed.length}.`)
  } catch (error) {
    fail(error, redactor)
  }
}

/** What commander parsed, by the setting's key. */
function flagsOf(options: Record<string, unknown>): RawSettings {
  const flags: RawSettings = {}
  for (const setting of settings as readonly (Setting & { key: keyof RawSettings })[]) {
    const name = /^--([a-z-]+)/
      .exec(setting.flag ?? '')?.[1]
      ?.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    const value = name === undefined ? undefined : options[name]
    if (value !== undefined) flags[setting.key] = value === true ? '1' : (value as string | string[])
  }
  return flags
}

/** The first signal ends the rehearsal in order; a second one ends the program at once. */
function abortOnSignals(): { signal: AbortSignal; exitCode: () => number | undefined } {
  const controller = new AbortController()
  let exitCode: number | undefined
  const on = (name: 'SIGINT' | 'SIGTERM', code: number) =>
    process.on(name, () => {
      if (exitCode !== undefined) process.exit(code)
      exitCode = code
      console.error(`\n${name}: removing everything that was started (again to leave at once)`)
      controller.abort(
        new HarnessError('interrupted', `Interrupted by ${name} before everything was verified.`, {
          hint: 'Run it again; nothing was left behind.',
        }),
      )
    })
  on('SIGINT', 130)
  on('SIGTERM', 143)
  return { signal: controller.signal, exitCode: () => exitCode }
}

function fail(error: unknown, redactor: Redactor): void {
  const text =
    error instanceof HarnessError
      ? `${error.message}\n→ ${error.hint}`
      : `pg-rehearsal failed, which is a defect of its own: ${error instanceof Error ? error.stack : String(error)}`
  console.error(redactor.text(text))
  process.exitCode = 2
}

await main()
