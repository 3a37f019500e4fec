import type { Deployment } from './deployment.ts'
import { atMost, cancelAfter, clock } from './words.ts'

export interface Step {
  readonly title: string
  readonly who: string
  readonly text: string
  /** To be run as it stands; undefined where the step has none. */
  readonly command: string | undefined
}

/** What is done in the window, in order, with the team's own commands. Pure. */
export function stepsOf({ settings, expected, windows }: Deployment): Step[] {
  const { commands, margin, timeZone, people } = settings
  const operations = people.operations ?? 'Operations'
  const developers = people.developers ?? 'Developers'
  const start = windows[0]?.startMs
  const at = start === undefined ? '' : ` (${clock(start, timeZone)})`
  const command = (name: keyof typeof commands) =>
    commands[name] ?? `# not said yet: deployment.commands.${name} in the config file`
  return [
    {
      title: '1. Back up',
      who: operations,
      text: 'Before the window opens, so that it is done when it does. How long that takes was not measured.',
      command: command('backup'),
    },
    {
      title: `2. Decide${at}`,
      who: people.lead ?? 'The project lead',
      text: 'Go through the criteria above. Tell stakeholders that it begins, or that it does not.',
      command: undefined,
    },
    {
      title: '3. Migrate',
      who: operations,
      text: `Note the time. Cancel when it has not ended after ${cancelAfter(expected.up, margin)}.`,
      command: command('migrate'),
    },
    {
      title: '4. Verify',
      who: `${developers} and ${operations}`,
      text: 'The migrations stand in the migration table, the app works, and error rates are as before.',
      command: command('verify'),
    },
    {
      title: 'If need be: roll back',
      who: operations,
      text: `Takes ${atMost(expected.down, margin)} at most by what was measured. Then verify the old state.`,
      command: command('rollback'),
    },
    {
      title: 'As the last resort: restore',
      who: operations,
      text: 'Only when the project lead says so: what clients wrote since the backup is lost.',
      command: command('restore'),
    },
  ]
}
