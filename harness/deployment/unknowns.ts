import type { Deployment } from './deployment.ts'
import { commandNames, roles } from './settings.ts'

/** What nobody has said or measured, a sentence each; a plan that kept quiet about it would promise too much. */
export function unknownsOf({ settings, expected, windows, traffic }: Deployment): string[] {
  const commands = commandNames.filter((name) => settings.commands[name] === undefined)
  const people = roles.filter((role) => settings.people[role] === undefined)
  return [
    'How fast production is: everything was measured on a restored copy without other clients.',
    ...(commands.length === 0 ? [] : [`The commands to ${commands.join(', ')} (deployment.commands).`]),
    ...(people.length === 0 ? [] : [`Who stands for ${people.join(', ')} (deployment.people).`]),
    ...(expected.stall === null ? ['How long clients wait: locks were not observed.'] : []),
    ...(expected.down === null ? ['How long going back takes: not every migration was taken down.'] : []),
    ...(windows.length === 0 ? ['When to deploy.'] : []),
    ...(traffic === undefined ? ['What clients do at any time.'] : []),
    'How long the backup before the window takes, and fetching it back.',
    'Whether replicas, backups running at that time, or other deployments are in the way.',
  ]
}
