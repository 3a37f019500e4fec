import { HarnessError } from '../errors.ts'
import type { Column } from './columns.ts'
import type { ForeignKey } from './foreign-keys.ts'
import { matchRules } from './match-rules.ts'
import { ruleTitle, type Rule } from './rules/index.ts'
import { ruleProblem } from './rule-problem.ts'

/** A column and what happens to it. */
export interface Assignment {
  readonly column: Column
  readonly rule: Rule
  /** The column whose rule it shares, because a key or inheritance binds them; null for a rule of its own. */
  readonly because: string | null
}

/**
 * Which rule each column gets: its own, or that of the column that a foreign key or inheritance ties it to, so that
 * rows that belonged together still do. Problems are all of them, as the errors to show.
 */
export function assignRules(
  rules: Readonly<Record<string, Rule>>,
  columns: readonly Column[],
  foreignKeys: readonly ForeignKey[],
): { assignments: Assignment[]; problems: HarnessError[] } {
  const { matched, problems } = matchRules(rules, columns)
  const assigned = new Map(
    matched.map(({ column, rule }) => [keyOf(column), { column, rule, because: null } as Assignment]),
  )
  const links = [...inheritanceLinks(columns), ...keyLinks(columns, foreignKeys)]
  for (let changed = true; changed;) {
    changed = false
    for (const link of links) changed = follow(link, assigned) || changed
  }
  problems.push(...links.flatMap((link) => linkProblem(link, assigned)))
  const assignments = [...assigned.values()]
  problems.push(...assignments.flatMap(({ column, rule }) => ruleProblem(column, rule) ?? []))
  return { assignments, problems }
}

/** Two columns whose values must stay the same as each other. */
interface Link {
  /** The referenced one, or the ancestor's. */
  readonly parent: Column
  readonly child: Column
  readonly why: 'refers to' | 'inherits from'
}

function inheritanceLinks(columns: readonly Column[]): Link[] {
  return columns.flatMap((child) =>
    columns
      .filter((parent) => child.parents.includes(parent.oid) && parent.name === child.name)
      .map((parent) => ({ parent, child, why: 'inherits from' as const })),
  )
}

function keyLinks(columns: readonly Column[], foreignKeys: readonly ForeignKey[]): Link[] {
  const find = (oid: string, name: string) =>
    columns.find((column) => column.oid === oid && column.name === name)
  return foreignKeys.flatMap(({ childOid, parentOid, pairs }) =>
    pairs.flatMap((pair): Link[] => {
      const [parent, child] = [find(parentOid, pair.parent), find(childOid, pair.child)]
      return parent === undefined || child === undefined ? [] : [{ parent, child, why: 'refers to' }]
    }),
  )
}

/** Hands a ready rule over a link; from child to parent only what changes values and leaves none empty. */
function follow({ parent, child, why }: Link, assigned: Map<string, Assignment>): boolean {
  const [above, below] = [assigned.get(keyOf(parent)), assigned.get(keyOf(child))]
  if (above !== undefined && below === undefined && isShared(above.rule, why)) {
    assigned.set(keyOf(child), { column: child, rule: above.rule, because: titleOf(parent) })
    return true
  }
  if (below !== undefined && above === undefined && why === 'refers to') {
    if (!isShared(below.rule, why) || below.rule === 'null') return false
    assigned.set(keyOf(parent), { column: parent, rule: below.rule, because: titleOf(child) })
    return true
  }
  return false
}

/** An expression may name columns that the other table does not have; a child table has them all. */
function isShared(rule: Rule, why: Link['why']): boolean {
  return rule !== 'keep' && (typeof rule === 'string' || why === 'inherits from')
}

function linkProblem({ parent, child, why }: Link, assigned: Map<string, Assignment>): HarnessError[] {
  if (why === 'inherits from') return []
  const above = assigned.get(keyOf(parent))?.rule ?? 'keep'
  const below = assigned.get(keyOf(child))?.rule ?? 'keep'
  const bothExpressions = typeof above !== 'string' && typeof below !== 'string'
  // A reference that is emptied refers to nothing, whatever its target becomes.
  if (above === below || below === 'null' || bothExpressions) return []
  const names = `${titleOf(child)} (${ruleTitle(below)}) refers to ${titleOf(parent)} (${ruleTitle(above)})`
  return [
    new HarnessError('masking-key-mismatch', `${names}: masked apart, their values would no longer match.`, {
      hint: 'Give both the same ready rule (one of them is enough), or both an expression that yields the same values.',
    }),
  ]
}

/** `public.users.email`. */
export function titleOf({ schema, relation, name }: Pick<Column, 'schema' | 'relation' | 'name'>): string {
  return `${schema}.${relation}.${name}`
}

function keyOf({ oid, attnum }: Column): string {
  return `${oid} ${attnum}`
}
