import { connectionVariables } from './connection-variables.ts'
import type { Setting } from './setting.ts'
import { settings } from './settings.ts'

/** The text of `.env.example`: every variable with what it is for. */
export function envExample(): string {
  const connections = connectionVariables.flatMap(({ variable, description, example }) => [
    `# ${description}`,
    `${variable}=${example}`,
    '',
  ])
  const rest = (settings as readonly Setting[]).flatMap(({ variable, description, example, defaultText }) => [
    `# ${description}${defaultText === undefined ? '' : ` (default: ${defaultText})`}`,
    `# ${variable}=${example}`,
    '',
  ])
  return [
    '# Copy to .env and fill in. Read by pg-rehearsal through dotenv; the environment beats this file.',
    '# Keep .env out of version control: `chmod 600 .env`.',
    '',
    '# Connection strings of the team, by environment.',
    '',
    ...connections,
    '# What a rehearsal does; a flag beats a variable, a variable beats rehearsal.config.ts.',
    '',
    ...rest.slice(0, -1),
    '',
  ].join('\n')
}

/** The table of settings in `docs/configuration.md`. */
export function settingsTable(): string {
  const rows = (settings as readonly Setting[]).map(
    ({ key, flag, variable, description, defaultText }) =>
      `| ${code(flag)} | ${code(variable)} | ${code(configKey(key))} | ${cell(description)} | ${code(defaultText)} |`,
  )
  return [
    '| flag | variable | config file | what it sets | default |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

const configKeys: Record<string, string | undefined> = {
  webhookUrl: undefined,
  reportUrl: 'notify.link',
  maskingSalt: undefined,
  requireMasking: 'masking.requireMasking',
  stallTimeout: 'migrate.stallTimeout',
  migrateCommand: 'migrate.command',
  rollbackCommand: 'migrate.rollbackCommand',
  appCommand: 'app.command',
  appReadyUrl: 'app.readyUrl',
}

/** Empty for what a config file, which is committed, must not hold. */
function configKey(key: string): string | undefined {
  return key in configKeys ? configKeys[key] : key
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${cell(text)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
