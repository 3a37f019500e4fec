import type { Message } from './message.ts'

/** What a chat takes as JSON. */
export interface WebhookFormat {
  readonly name: string
  readonly description: string
  body(message: Message): unknown
}
