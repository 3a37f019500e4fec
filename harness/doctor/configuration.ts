import type { Probe } from './probe.ts'

/** Whether flags, environment and config file make a plan. */
export const configuration: Probe = {
  name: 'configuration',
  description: 'whether the environment and the config file make a valid plan',
  async run({ planProblem, plan }) {
    if (planProblem !== undefined)
      return [
        {
          status: 'problem',
          text: planProblem,
          remedy: 'See `rehearse run --help` and docs/configuration.md.',
        },
      ]
    const engine = plan?.engine ?? 'auto'
    return [
      {
        status: 'ok',
        text: `the plan is valid: engine ${engine}, questions ${plan?.questions.join(', ') || 'none'}`,
      },
    ]
  },
}
