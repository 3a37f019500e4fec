import { clientToolVersion } from '../postgres/client-tools.ts'
import { wantedMajor, type Observation, type Probe } from './probe.ts'

/** The client programs on PATH; Docker brings its own. */
export const clientTools: Probe = {
  name: 'client tools',
  description: 'psql, pg_restore and pg_dump, and whether they are new enough',
  async run(examined) {
    const { plan } = examined
    const needed = plan?.engine === 'embedded' || plan?.engine === 'external' ? 'problem' : 'warning'
    const major = wantedMajor(examined)
    const observations: Observation[] = []
    for (const tool of ['psql', 'pg_restore', 'pg_dump'] as const) {
      const version = await clientToolVersion(tool)
      const install = `Install postgresql-client${major === undefined ? '' : `-${major}`}; the Docker engine has its own.`
      const archive = tool === 'pg_restore' && (examined.backup?.format ?? 'plain') !== 'plain'
      if (version === undefined)
        observations.push({
          status: archive ? needed : 'warning',
          text: `${tool} is not on PATH`,
          remedy: install,
        })
      else if (major !== undefined && Number.parseInt(version, 10) < major)
        observations.push({
          status: 'warning',
          text: `${tool} ${version} is older than Postgres ${major}`,
          remedy: install,
        })
      else observations.push({ status: 'ok', text: `${tool} ${version}` })
    }
    return observations
  },
}
