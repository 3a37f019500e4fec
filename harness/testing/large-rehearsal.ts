import type { Rehearsal } from '../rehearsal.ts'

/** A rehearsal blown up: so many migrations up and down, statements, and findings, each with a statement. */
export function largeRehearsal(
  small: Rehearsal,
  { migrations, statements, findings }: { migrations: number; statements: number; findings: number },
): Rehearsal {
  const names = Array.from({ length: migrations }, (_, n) => `2025_01_01_${String(n).padStart(4, '0')}_step`)
  const sql = (n: number) =>
    `alter table "orders_${n}" add column "note_${n}" text not null default '', add constraint "orders_${n}_note" check (length("note_${n}") < 1000)`
  const nameOf = (n: number) => names[n % names.length] ?? ''
  return {
    ...small,
    verdict: 'failed',
    pending: names,
    migrationFiles: names.map((name) => ({ name, path: `migrations/${name}.ts` })),
    migrations: (['up', 'down'] as const).flatMap((direction) =>
      names.map(
        (name, n) => ({ name, direction, status: 'success', durationMs: n % 97, statements: 5 }) as const,
      ),
    ),
    statements: Array.from({ length: statements }, (_, n) => ({
      migration: nameOf(n),
      direction: 'up',
      text: sql(n),
      durationMs: n % 50,
      timing: 'exact',
      locks: [{ relation: `public.orders_${n}`, mode: 'ACCESS EXCLUSIVE', heldMs: n }],
      rewrites: [],
      scans: [],
      walBytes: n,
    })),
    findings: Array.from({ length: findings }, (_, n) => ({
      id: 'migration-failed',
      severity: n % 3 === 0 ? 'error' : 'warning',
      subject: nameOf(n),
      message: `Nobody can use public.orders_${n} for ${n} ms.`,
      remedy: `Set lock_timeout for the migration and try again when it strikes (${n}).`,
      evidence: { migration: nameOf(n), direction: 'up', statement: { text: sql(n), position: 14 } },
    })),
  }
}
