import type { Message } from './message.ts'
import type { WebhookFormat } from './webhook-format.ts'

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks; Mattermost and Rocket.Chat take it too. */
export const slack = {
  name: 'slack',
  description: "Slack's incoming webhooks, and what takes the same JSON",
  body: (message) => ({
    text: `${signs[message.verdict]} ${escape(message.title)}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: text(message) } },
      ...(message.link === undefined
        ? []
        : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${encodeURI(message.link)}|Report>` }] }]),
    ],
  }),
} satisfies WebhookFormat

const signs = { passed: ':white_check_mark:', failed: ':x:', 'could-not-verify': ':warning:' } as const

/** What a section's text may have at most. */
const limit = 3_000

function text({ title, summary, lines, verdict }: Message): string {
  const list = lines.map((line) => `• ${escape(line)}`)
  return [`${signs[verdict]} *${escape(title)}*`, escape(summary), ...list].join('\n').slice(0, limit)
}

/** No mention, link or markup of a name's own. */
function escape(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`]/g, (sign) => `\u200B${sign}`)
}
