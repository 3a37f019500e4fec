import type { FamilyQuery } from './family.ts'
import { columns } from './read-columns.ts'
import { constraints } from './read-constraints.ts'
import { database, defaultPrivileges, largeObjects } from './read-database.ts'
import { foreignServers } from './read-foreign.ts'
import { functions, languages } from './read-functions.ts'
import { indexes, statistics } from './read-indexes.ts'
import { accessMethods, casts, operatorClasses, operators } from './read-operators.ts'
import { relations } from './read-relations.ts'
import { publications, subscriptions } from './read-replication.ts'
import { extensions, schemas } from './read-schemas.ts'
import { sequences } from './read-sequences.ts'
import { textSearch, textSearchInternals } from './read-text-search.ts'
import { eventTriggers, policies, rules, triggers } from './read-triggers.ts'
import { collations, types } from './read-types.ts'

/** Every family of objects that a catalog holds, a query each. */
export const families: readonly FamilyQuery[] = [
  database,
  schemas,
  extensions,
  relations,
  columns,
  constraints,
  indexes,
  statistics,
  sequences,
  functions,
  languages,
  triggers,
  eventTriggers,
  rules,
  policies,
  types,
  collations,
  operators,
  operatorClasses,
  casts,
  accessMethods,
  textSearch,
  textSearchInternals,
  foreignServers,
  publications,
  subscriptions,
  defaultPrivileges,
  largeObjects,
]
