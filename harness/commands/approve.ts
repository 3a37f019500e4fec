import { writeFile } from 'node:fs/promises'
import { createPublicKey } from 'node:crypto'
import type { Command } from 'commander'
import { countersign, envelopeText, isSignedBy } from '../certificate/envelope.ts'
import { signingKey, signingKeyVariable } from '../certificate/keys.ts'
import { HarnessError } from '../errors.ts'
import { act } from './act.ts'
import { readCertificate } from './read-certificate.ts'
import { planOf, type Options } from './setting-options.ts'

/** `rehearse approve`: somebody with a key of their own stands by a certificate. */
export function approve(command: Command): void {
  command
    .description(
      `Countersign a certificate with the key in ${signingKeyVariable}, which must be the role's own.`,
    )
    .argument('<certificate>', 'what `rehearse run --certificate PATH` wrote; the signature is added to it')
    .requiredOption('--as <role>', 'role that the config file trusts this key for, such as lead')
    .option('--config <file>', 'config file, as for `rehearse run`')
    .action(async (path: string, options: Options) => {
      await act(async ({ redactor }) => {
        const role = String(options['as'])
        redactor.add(process.env[signingKeyVariable] ?? '')
        const { gate } = await planOf(options, {}, { needsBackup: false })
        const { envelope, certificate } = await readCertificate(path)
        const key = signingKey(process.env)
        const trusted = gate.keys[role]
        const rehearsal = gate.keys['rehearsal']
        if (trusted === undefined || !trusted.equals(createPublicKey(key))) throw notTrusted(role)
        if (rehearsal === undefined || !isSignedBy(envelope, rehearsal)) throw notSigned(path)
        await writeFile(path, envelopeText(countersign(envelope, key)))
        console.log(`approved as ${role}: ${certificate.predicate.summary}`)
      })
    })
}

function notTrusted(role: string): HarnessError {
  return new HarnessError(
    'approval-not-trusted',
    `The key in ${signingKeyVariable} is not the one trusted for ${role}.`,
    {
      hint: `Set certificate.keys.${role} in the config file to this key's public part: openssl pkey -in KEY -pubout`,
    },
  )
}

function notSigned(path: string): HarnessError {
  return new HarnessError(
    'approval-of-unsigned',
    `${path} is not signed by the key that rehearsals are signed with, or was changed since.`,
    {
      hint: 'Approve the certificate as the rehearsing job left it, and set certificate.keys.rehearsal to its key.',
    },
  )
}
