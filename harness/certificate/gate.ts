import type { KeyObject } from 'node:crypto'
import type { SourceFile } from '../rehearsal.ts'
import { isSignedBy, strangeSignatures, type Envelope } from './envelope.ts'
import type { Certificate } from './statement.ts'

/** Whom the gate believes and what it asks for. */
export interface GatePolicy {
  /** Trusted public keys by role; `rehearsal` is that of the job that rehearses. */
  readonly keys: Readonly<Record<string, KeyObject>>
  /** Roles that must have countersigned. */
  readonly approvals: readonly string[]
  /** How old the backup may be, by now. */
  readonly maxAgeMs: number | undefined
  /** Questions that must have been asked. */
  readonly questions: readonly string[]
}

export interface GateFacts {
  readonly envelope: Envelope
  readonly certificate: Certificate
  /** The migrations about to run, as they are now. */
  readonly sources: readonly SourceFile[]
  /** Names of the migrations about to run, in order; undefined when the caller did not say. */
  readonly pending: readonly string[] | undefined
  readonly now: Date
}

/** Why this certificate does not open the gate, a sentence each; empty when it does. */
export function refusals(facts: GateFacts, policy: GatePolicy): string[] {
  return [
    ...signatureRefusals(facts.envelope, policy),
    ...sourceRefusals(facts),
    ...pendingRefusals(facts),
    ...ageRefusals(facts, policy),
    ...policy.questions
      .filter((name) => !facts.certificate.predicate.questions.includes(name))
      .map((name) => `The rehearsal did not ask ${name}.`),
    ...waiverRefusals(facts),
  ]
}

function signatureRefusals(envelope: Envelope, { keys, approvals }: GatePolicy): string[] {
  const strange = strangeSignatures(envelope, Object.values(keys)).map(
    (keyid) =>
      `The signature by key ${keyid.slice(0, 16)} is by no key that is trusted here, or was damaged.`,
  )
  const missing = ['rehearsal', ...approvals].flatMap((role) => {
    const key = keys[role]
    if (key === undefined)
      return [`No key is trusted for ${role}: set certificate.keys.${role} in the config file.`]
    if (isSignedBy(envelope, key)) return []
    return [
      role === 'rehearsal'
        ? 'It is not signed by the key that rehearsals are signed with, or was changed since.'
        : `${role} has not approved it: rehearse approve --as ${role}.`,
    ]
  })
  return [...strange, ...missing]
}

function sourceRefusals({ certificate, sources }: GateFacts): string[] {
  const certified = new Map(certificate.subject.map(({ name, digest }) => [name, digest.sha256]))
  const here = new Map(sources.map(({ path, sha256 }) => [path, sha256]))
  return [
    ...[...here].flatMap(([path, sha256]) => {
      if (!certified.has(path)) return [`${path} was not there when it was rehearsed.`]
      return certified.get(path) === sha256 ? [] : [`${path} is not what was rehearsed.`]
    }),
    ...[...certified.keys()]
      .filter((path) => !here.has(path))
      .map((path) => `${path} was rehearsed and is gone.`),
  ]
}

function pendingRefusals({ certificate, pending }: GateFacts): string[] {
  const rehearsed = certificate.predicate.pending
  if (pending === undefined || JSON.stringify(pending) === JSON.stringify(rehearsed)) return []
  const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))
  return [`About to run: ${list(pending)}. Rehearsed: ${list(rehearsed)}.`]
}

/** A clock that is a little behind must not make a certificate one of the future. */
const clockSkewMs = 5 * 60_000

function ageRefusals({ certificate, now }: GateFacts, { maxAgeMs }: GatePolicy): string[] {
  const { backup, finishedAt } = certificate.predicate
  const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} hours`
  const ageMs = now.getTime() - new Date(backup.madeAt).getTime()
  return [
    ...(new Date(finishedAt).getTime() > now.getTime() + clockSkewMs
      ? [`It is of a rehearsal that ended in the future, ${finishedAt}.`]
      : []),
    ...(maxAgeMs !== undefined && ageMs > maxAgeMs
      ? [`The rehearsed backup is ${hours(ageMs)} old; it may be ${hours(maxAgeMs)}.`]
      : []),
  ]
}

function waiverRefusals({ certificate, now }: GateFacts): string[] {
  return certificate.predicate.waivers
    .filter(({ expires }) => now.toISOString().slice(0, 10) > expires)
    .map(({ id, expires }) => `It rests on a waiver for ${id} that expired on ${expires}.`)
}
