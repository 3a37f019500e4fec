import type { Hazard } from './hazard.ts'

/** A table or column of the old release is dropped or renamed. */
export const oldReleaseBreak: Hazard = {
  id: 'old-release-break',
  condition: 'A table or column of the old release is dropped or renamed.',
  effect: 'While the new release is rolled out the old one still runs, and its queries fail.',
  remedy:
    'First release code that does not use it, then drop it; instead of renaming add the new one and keep both for a release.',
  kysely: `// release 1: code that no longer reads or writes listings.note
// release 2:
await db.schema.alterTable('listings').dropColumn('note').execute()`,
  detect: (trace) =>
    trace
      .filter(({ direction }) => direction === 'up')
      .flatMap((statement) => {
        const gone = [
          ...statement.dropped.filter(isTable).map(({ name }) => ({ name, what: `${name} is dropped` })),
          ...statement.renamed
            .filter(({ relation }) => isTable(relation))
            .map(({ relation: { name }, to }) => ({ name, what: `${name} becomes ${to}` })),
          ...statement.columnsGone.map(({ relation: { name }, columns }) => ({
            name,
            what: `${name} no longer has ${columns.join(', ')}`,
          })),
        ]
        if (gone.length === 0) return []
        const what = `${gone.map((it) => it.what).join('; ')}: a running old release that uses it breaks`
        return [{ statement, relations: gone.map(({ name }) => name), what, weight: { severity: 'warning' } }]
      }),
}

const isTable = ({ kind }: { readonly kind: string }): boolean => kind === 'r' || kind === 'p'
