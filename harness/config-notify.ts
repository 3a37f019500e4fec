import type { Config } from './config-schema.ts'
import type { NotifyPlan } from './plan.ts'

/** The webhook's variable; it is a secret, so neither a flag nor the config file has it. */
export const webhookVariable = 'REHEARSAL_WEBHOOK_URL'

/**
 * Whom to tell how a rehearsal ended, and when; undefined where no webhook is set. Throws on what is no http(s) URL,
 * without repeating it.
 */
export function notifyOf({
  webhookUrl,
  reportUrl,
  file,
}: {
  webhookUrl: string | undefined
  reportUrl: string | undefined
  file: Config['notify']
}): NotifyPlan | undefined {
  if (webhookUrl === undefined) return undefined
  if (!isWebUrl(webhookUrl)) throw new Error(`${webhookVariable} is not an http(s) URL`)
  const link = reportUrl ?? file?.link
  if (link !== undefined && !isWebUrl(link)) throw new Error('the link to the report is not an http(s) URL')
  return { url: webhookUrl, format: file?.format ?? 'slack', on: file?.on ?? 'change', link }
}

function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '')
}
