import { findBinaries } from '../engines/embedded-binaries.ts'
import { whyNotRunnable } from '../engines/embedded-install.ts'
import { installCommand } from '../engines/embedded-versions.ts'
import { wantedMajor, type Observation, type Probe } from './probe.ts'

/** Which servers could run as child processes. */
export const embedded: Probe = {
  name: 'embedded Postgres',
  description: 'Postgres binaries from npm or the system, and whether they run',
  async run(examined) {
    const { plan } = examined
    const found = await findBinaries(examined.cwd)
    const major = wantedMajor(examined)
    const observations: Observation[] = []
    for (const binaries of found) {
      const why = await whyNotRunnable(binaries)
      const text = `Postgres ${binaries.version} in ${binaries.bin}`
      if (why === undefined) observations.push({ status: 'ok', text })
      else
        observations.push({
          status: 'warning',
          text: `${text} does not run: ${why}`,
          remedy: 'Install it again for this machine.',
        })
    }
    const fits = found.some((binaries) => major === undefined || binaries.major === major)
    if (fits) return observations
    const status = plan?.engine === 'embedded' ? 'problem' : 'warning'
    const wanted = major === undefined ? 'a Postgres server' : `Postgres ${major}`
    return [
      ...observations,
      {
        status,
        text: `${wanted} is not installed for the embedded engine`,
        remedy: `${installCommand(major)}, or use --engine docker.`,
      },
    ]
  },
}
