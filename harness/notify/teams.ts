import type { Message } from './message.ts'
import type { WebhookFormat } from './webhook-format.ts'

/** An Adaptive Card, as workflows of Microsoft Teams take it: https://adaptivecards.io/explorer/ */
export const teams = {
  name: 'teams',
  description: 'workflows of Microsoft Teams, as an Adaptive Card',
  body: (message) => ({
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card(message) },
    ],
  }),
} satisfies WebhookFormat

const colours = { passed: 'good', failed: 'attention', 'could-not-verify': 'warning' } as const

function card({ title, summary, lines, verdict, link }: Message): unknown {
  const block = (text: string, style: object = {}) => ({
    type: 'TextBlock',
    text: plain(text),
    wrap: true,
    ...style,
  })
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      block(title, { size: 'medium', weight: 'bolder', color: colours[verdict] }),
      block(summary),
      ...lines.map((line) => block(`• ${line}`)),
    ],
    actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Report', url: link }],
  }
}

/** Cards read some Markdown; a name must not become a link or a list. */
function plain(text: string): string {
  return text.replaceAll(/[[\]*_`#]/g, (sign) => `\\${sign}`)
}
