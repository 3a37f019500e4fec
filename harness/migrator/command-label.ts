/**
 * What a run of a migrator's command line is called where nothing names its migrations: the command without
 * variables set before it and without the program that only starts it (`npx prisma migrate deploy` is
 * `prisma migrate deploy`), 60 characters of it.
 */
export function commandLabel(command: string): string {
  const words = command.trim().replaceAll(/\s+/g, ' ')
  const name = words.replace(/^(?:[A-Za-z_]\w*=(?:'[^']*'|"[^"]*"|\S*) )+/, '').replace(starters, '')
  return name.length > 60 ? `${name.slice(0, 59)}…` : name
}

const starters =
  /^(?:(?:npx|bunx|pnpx|npm (?:exec|run)|pnpm (?:exec|dlx|run)|pnpm|yarn (?:exec|dlx|run)|yarn)(?: --?[\w-]+)* )(?=\S)/
