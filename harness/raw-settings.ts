import type { SettingKey } from './settings.ts'

/** What flags or variables gave, unvalidated; lists are arrays, everything else is text. */
export type RawSettings = Partial<Record<SettingKey, string | readonly string[]>>
