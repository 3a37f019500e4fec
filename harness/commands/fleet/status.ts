import type { Command } from 'commander'
import {
  isOver,
  queueStatus,
  type DatabaseStatus,
  type QueueStatus,
  type RoundStatus,
} from '../../fleet/queue/status.ts'
import { count } from '../../reports/text.ts'
import { act } from '../act.ts'
import { addQueueOption, queueHelp, roundOf, withQueue } from './queue-options.ts'

interface StatusOptions {
  readonly fleet?: string
  readonly json?: true
  readonly round?: string
}

/** `rehearse fleet status`: what waits, what is rehearsed where and since when, and what came of the rest. */
export function status(command: Command): void {
  command
    .description('Show the queue: what waits, what is rehearsed where since when, what is done.')
    .addHelpText('after', queueHelp)
  addQueueOption(command)
  command
    .option('--json', 'print one JSON document')
    .option('--round <id>', 'only this round (default: those that are open, and the newest)')
    .action(async ({ fleet, json, round }: StatusOptions) => {
      await act(async ({ redactor }) => {
        await withQueue(fleet, { redactor }, async ({ queue }) => {
          if (round !== undefined) await roundOf(queue, round)
          const found = await queueStatus(queue, round)
          const text = json === true ? `${JSON.stringify(found, undefined, 1)}\n` : told(found)
          process.stdout.write(redactor.text(text))
        })
      })
    })
}

function told({ rounds, workers, next }: QueueStatus): string {
  const hosts = workers.map(({ host, pid }) => `${host} (${pid})`).join(', ')
  return [
    ...(rounds.length === 0 ? ['Nothing was enqueued yet.'] : rounds.map(roundTold)),
    `${count(workers.length, 'worker')}${hosts === '' ? '' : `: ${hosts}`}.`,
    ...(next === null ? [] : [`The next scheduled round begins at ${next}.`]),
    '',
  ].join('\n')
}

const states = ['done', 'running', 'waiting', 'held', 'missing'] as const

function roundTold(round: RoundStatus): string {
  const { databases } = round
  const counts = states.flatMap((state) => {
    const number = databases.filter((it) => it.state === state).length
    return number === 0 ? [] : [`${number} ${state}`]
  })
  const title = `Round ${round.round} (${round.origin}): ${round.problem ?? (counts.join(', ') || 'no databases')}`
  // Of what is over, what went well is in the report.
  const shown = databases.filter(({ verdict }) => !isOver(round) || verdict !== 'passed')
  const width = Math.max(0, ...shown.map(({ name }) => name.length))
  return [title, ...shown.map((it) => `  ${it.name.padEnd(width)}  ${line(it)}`), ''].join('\n')
}

function line({ state, where, since, verdict, summary, attempts }: DatabaseStatus): string {
  const tries = attempts > 1 ? `, attempt ${attempts}` : ''
  if (state === 'running') return `running on ${where} since ${since}${tries}`
  if (verdict === null) return `${state}${tries}`
  const said = verdict === 'could-not-verify' ? 'could not verify' : verdict
  return `${said}${verdict === 'passed' ? '' : `  ${summary?.split('\n')[0] ?? ''}`}`
}
