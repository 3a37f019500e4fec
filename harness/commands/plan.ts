import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { deploymentOf } from '../config-deployment.ts'
import { invalid } from '../config-file.ts'
import { planDeployment } from '../deployment/deployment.ts'
import { invitationOf } from '../deployment/invitation.ts'
import { renderDeployment } from '../deployment/markdown.ts'
import { readTraffic } from '../deployment/read-traffic.ts'
import type { DeploymentSettings } from '../deployment/settings.ts'
import { instantOf } from '../deployment/zone.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { readPast } from '../history/history.ts'
import type { HistoryPlan } from '../plan.ts'
import { recordOf, type RehearsalRecord } from '../record.ts'
import { exitCodes } from '../rehearsal.ts'
import { parseSaved } from '../reports/saved.ts'
import { act } from './act.ts'
import { addSettings, configFileOf, historyPlanOf, type Options } from './setting-options.ts'
import { writeReport } from './write-report.ts'

interface PlanOptions extends Options {
  readonly draft?: boolean
  readonly output: string
  readonly ics?: string
  readonly traffic?: string
  readonly timeZone?: string
  readonly start?: string
}

/** `rehearse plan`: a deployment plan from a rehearsal that passed. */
export function plan(command: Command): void {
  command
    .description(
      'Write a deployment plan from the latest recorded rehearsal, or a saved one. Exit code 1 or 2, as of the rehearsal, when it did not pass.',
    )
    .argument(
      '[saved.json]',
      'what `rehearse run --report json=PATH` wrote; the latest of the history otherwise',
    )
    .option('--draft', 'also plan from a rehearsal that did not pass, and mark it')
    .option('--output <path>', 'where to write the plan (Markdown); standard output by default', '-')
    .option('--ics <path>', 'also write an invitation for the window')
    .option('--traffic <path>', 'CSV of time and count, or what `rehearse sample-traffic` wrote')
    .option('--time-zone <name>', 'such as Europe/London; this machine’s by default')
    .option(
      '--start <time>',
      'begin then (2026-03-29T02:30, with an offset or in the time zone), whatever the traffic',
    )
  addSettings(command, ['history'])
  command.action(async (saved: string | undefined, options: PlanOptions) => {
    await act(async () => await writePlan(saved, options))
  })
}

async function writePlan(saved: string | undefined, options: PlanOptions): Promise<number> {
  const settings = await settingsOf(options)
  const history = await historyPlanOf(options)
  const { past, findings } = await readPast(history, pastAtMost)
  for (const { message } of findings) console.error(`  ${message}`)
  const record = saved === undefined ? past.at(-1) : await readSaved(saved, history)
  if (record === undefined) throw nothingRecorded(history)
  if (record.verdict !== 'passed' && options.draft !== true) {
    console.error(
      `No plan: the rehearsal of ${record.startedAt} did not pass (${record.verdict}). ${record.summary}`,
    )
    console.error('→ Get it to pass, or say --draft for a plan that is marked as one.')
    return exitCodes[record.verdict]
  }
  if (record.pending === null || record.pending.length === 0) throw nothingPending(record)
  const traffic = await readTraffic(settings, process.cwd())
  const startMs = startOf(options.start, settings)
  const deployment = planDeployment({ record, past, settings, traffic, startMs, nowMs: Date.now() })
  await writeReport(options.output, renderDeployment(deployment))
  if (options.ics === undefined) return 0
  const invitation = invitationOf(deployment)
  if (invitation === undefined) throw noWindow()
  await writeReport(options.ics, invitation)
  return 0
}

/** Rehearsals whose spread is looked at. */
const pastAtMost = 30

async function settingsOf(options: PlanOptions): Promise<DeploymentSettings> {
  const file = await configFileOf(options)
  try {
    return deploymentOf(process.cwd(), file.deployment, options)
  } catch (error) {
    throw invalid([messageOf(error)])
  }
}

async function readSaved(path: string, { project }: HistoryPlan): Promise<RehearsalRecord> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HarnessError('saved-report-not-read', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'Give the file that `--report json=PATH` wrote.',
      cause,
    })
  })
  return recordOf(parseSaved(text, path), project)
}

function startOf(text: string | undefined, { timeZone }: DeploymentSettings): number | undefined {
  if (text === undefined) return undefined
  const at = /(?:Z|[+-]\d\d:\d\d)$/i.test(text) ? Date.parse(text) : instantOf(text, timeZone)
  if (Number.isFinite(at)) return at
  throw invalid([`--start ${text} is not a time such as 2026-03-29T02:30 or 2026-03-29T02:30Z`])
}

function nothingRecorded({ project }: HistoryPlan): HarnessError {
  return new HarnessError('nothing-recorded', `No rehearsal of ${project} is recorded, and none was given.`, {
    hint: 'Run `rehearse run` first, or give the file that `--report json=PATH` wrote.',
  })
}

function nothingPending({ startedAt }: RehearsalRecord): HarnessError {
  return new HarnessError(
    'nothing-to-deploy',
    `The rehearsal of ${startedAt} had no pending migration, so there is nothing to deploy.`,
    {
      hint: 'Rehearse on a backup of what production is now, with the migrations that are to be deployed.',
    },
  )
}

function noWindow(): HarnessError {
  return new HarnessError(
    'no-window',
    'There is no invitation to write, as no window could be proposed; the plan says why.',
    {
      hint: 'Give traffic (--traffic PATH), or name the start (--start TIME).',
    },
  )
}
