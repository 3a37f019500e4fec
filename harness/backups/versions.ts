/** `15.18` of `15.18 (Debian 15.18-0+deb12u1)`; null for null. */
export function shortVersion(text: string | null): string | null {
  return text === null ? null : (/^\S+/.exec(text.trim())?.[0] ?? null)
}

/** `15` of `15.18`, `9` of `9.6.24`, `18` of `18beta1`; null when there is no number. */
export function majorOf(version: string | null): number | null {
  const digits = /^\d+/.exec(version ?? '')?.[0]
  return digits === undefined ? null : Number(digits)
}

/** `18` of `15.18`, 0 when there is none, as in `19beta1`. */
export function minorOf(version: string): number {
  return Number(/^\d+\.(\d+)/.exec(version)?.[1] ?? 0)
}
