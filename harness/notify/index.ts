import { slack } from './slack.ts'
import { teams } from './teams.ts'
import type { WebhookFormat } from './webhook-format.ts'

/** Every format of a webhook, by the name the config file has for it. Add one by registering it here. */
export const webhookFormats = { slack, teams } satisfies Record<string, WebhookFormat>

export type WebhookFormatName = keyof typeof webhookFormats
