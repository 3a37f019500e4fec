import type { ProbeFacts } from '../probe-facts.ts'

/** What the probes cannot tell, a sentence each. */
export function probeLimits({ tables, notProbed, traffic, intervalMs }: ProbeFacts): string[] {
  const load = traffic.length === 0 ? 'no other load' : 'the given traffic'
  const rowLocks = tables.filter(({ writes }) => writes?.sql.includes('for no key update') === true)
  const unwritten = tables.filter(({ writes }) => writes === null)
  return [
    `Stalls are those of one client that reads and one that writes a single row of each probed table every ${intervalMs} ms, beside ${load}; a pool that runs full makes more of them.`,
    ...(notProbed.length === 0
      ? []
      : [`Locked and not probed: ${namesOf(notProbed.map(({ table, reason }) => `${table} (${reason})`))}.`]),
    ...(rowLocks.length === 0
      ? []
      : [
          `Writes lock the table and its row instead of updating it, so that no trigger fires: ${namesOf(rowLocks.map(({ name }) => name))}.`,
        ]),
    ...(unwritten.length === 0
      ? []
      : [`Only read, as they cannot be written: ${namesOf(unwritten.map(({ name }) => name))}.`]),
  ]
}

function namesOf(names: readonly string[]): string {
  const rest = names.length - shown
  return [...names.slice(0, shown), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}

const shown = 10
