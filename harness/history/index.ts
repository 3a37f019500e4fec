import { directory } from './directory.ts'
import type { HistoryStore } from './history-store.ts'
import { postgres } from './postgres.ts'

/** Every place where rehearsals can be recorded. Add one by registering it here. */
export const historyStores = { directory, postgres } satisfies Record<string, HistoryStore>

export type HistoryStoreName = keyof typeof historyStores
