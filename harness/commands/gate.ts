import type { Command } from 'commander'
import { refusals } from '../certificate/gate.ts'
import { parseDuration } from '../config-schema.ts'
import { digestSources } from '../migrator/source-digests.ts'
import { act } from './act.ts'
import { readCertificate } from './read-certificate.ts'
import { addSettings, planOf, type Options } from './setting-options.ts'

const help = `
Exit codes:
  0    a valid certificate covers exactly these migrations
  1    refused; each reason is printed
  2    there is no certificate, or it cannot be read

Whom it believes stands in the config file:
  certificate: {
    keys: { rehearsal: 'MCow…', lead: 'MCow…' },  // openssl pkey -in KEY -pubout
    approvals: ['lead'],
    maxAge: '48h',
  }
`

/** `rehearse gate`: lets a deployment go on, or not. */
export function gate(command: Command): void {
  command
    .description(
      'Say whether a certificate covers exactly the migrations about to run, for a deployment to go on.',
    )
    .addHelpText('after', help)
    .argument('<certificate>', 'what `rehearse run --certificate PATH` wrote')
    .option('--pending <name>', 'a migration about to run; repeat it for each, in order', collect)
    .option('--max-age <time>', 'how old the rehearsed backup may be, instead of certificate.maxAge')
  addSettings(command, ['migrations'])
  command.action(async (path: string, options: Options) => {
    await act(async () => {
      const { maxAge, pending, ...rest } = options
      const plan = await planOf(rest, {}, { needsBackup: false })
      const { envelope, certificate } = await readCertificate(path)
      const sources = await digestSources(plan.migrations, plan.cwd)
      const found = refusals(
        { envelope, certificate, sources, pending: pending as string[] | undefined, now: new Date() },
        { ...plan.gate, maxAgeMs: typeof maxAge === 'string' ? parseDuration(maxAge) : plan.gate.maxAgeMs },
      )
      for (const reason of found) console.log(`refused: ${reason}`)
      if (found.length > 0) return 1
      const { predicate } = certificate
      console.log(
        `open: rehearsal ${predicate.rehearsal} of ${predicate.startedAt} passed. ${predicate.summary}`,
      )
      return 0
    })
  })
}

function collect(name: string, all: string[] = []): string[] {
  return [...all, name]
}
