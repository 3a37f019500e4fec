import type { Severity, Verdict } from '../../rehearsal.ts'
import { markup, type Markup } from './markup.ts'

/** A colour and its sign, so that nothing is said by colour alone. */
export type Tone = 'good' | 'bad' | 'unsure' | 'calm'

export const verdictTones: Record<Verdict, Tone> = {
  passed: 'good',
  failed: 'bad',
  'could-not-verify': 'unsure',
}

export const severityTones: Record<Severity, Tone> = {
  error: 'bad',
  unverified: 'unsure',
  warning: 'unsure',
  notice: 'calm',
}

const paths: Record<Tone, string> = {
  good: 'M7 12.5l3.5 3.5L17 8.5',
  bad: 'M8 8l8 8M16 8l-8 8',
  unsure: 'M12 6.5v7M12 17.2v.1',
  calm: 'M12 11v6M12 7v.1',
}

/** Drawn once, as a large report has thousands of them; goes to the beginning of the page. */
export const signs: Markup = markup`<svg width="0" height="0" aria-hidden="true"><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="fill-lock-paler" width="5" height="5"/><rect class="fill-unsure" width="2.5" height="5"/></pattern>${Object.entries(
  paths,
).map(
  ([tone, path]) =>
    markup`<symbol id="sign-${tone}" viewBox="0 0 24 24"><circle cx="12" cy="12" r="12" fill="currentColor"/><path d="${path}" fill="none" stroke="var(--surface)" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></symbol>`,
)}</svg>`

/** Decoration: the text beside it says the same. */
export function sign(tone: Tone): Markup {
  return markup`<svg width="24" height="24" aria-hidden="true"><use href="#sign-${tone}"/></svg>`
}

export function pill(tone: Tone, text: string): Markup {
  return markup`<span class="pill ${tone}">${sign(tone)}${text}</span>`
}
