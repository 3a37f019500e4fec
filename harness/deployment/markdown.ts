import { cell, fenced, line, table } from '../reports/markdown-text.ts'
import { count, duration, verdictTitles } from '../reports/text.ts'
import { criteriaOf } from './criteria.ts'
import { decisionsOf } from './decisions.ts'
import type { Deployment } from './deployment.ts'
import { messagesOf } from './messages.ts'
import { stepsOf } from './steps.ts'
import { unknownsOf } from './unknowns.ts'
import { windowLines } from './window-text.ts'
import { atMost, interval } from './words.ts'

/** The plan as people read, discuss and sign it. */
export function renderDeployment(deployment: Deployment): string {
  const { record } = deployment
  return [
    `# Deployment plan: ${line(record.project)}, ${count(record.pending?.length ?? 0, 'migration')}`,
    ...draftWarning(deployment),
    ...windowLines(deployment),
    ...migrationLines(deployment),
    '## Go or no-go',
    'Begin only when all of this is true.',
    criteriaOf(deployment)
      .map((criterion) => `- [ ] ${criterion}`)
      .join('\n'),
    '## Steps',
    ...stepsOf(deployment).flatMap(({ title, who, text, command }) => [
      `### ${title}`,
      `**${who}.** ${text}`,
      ...(command === undefined ? [] : [fenced(command)]),
    ]),
    '## When to go back',
    table(
      ['when', 'sign', 'what to do', 'what it takes'],
      decisionsOf(deployment).map((it) => [it.when, it.sign, it.action, it.takes].map(cell)),
    ),
    '## Who does what',
    ...peopleLines(deployment),
    '## Messages',
    ...messagesOf(deployment).flatMap(({ title, text }) => [`### ${title}`, fenced(text)]),
    '## What this plan does not know',
    unknownsOf(deployment)
      .map((unknown) => `- ${line(unknown)}`)
      .join('\n'),
    `<sub>Written ${new Date(deployment.writtenMs).toISOString()} from rehearsal ${line(record.id)} of ${record.startedAt} with pg-rehearsal ${line(record.toolVersion)}, backup sha256 ${record.backup?.sha256 ?? 'unknown'}</sub>`,
  ]
    .join('\n\n')
    .concat('\n')
}

function draftWarning({ draft, record }: Deployment): string[] {
  if (!draft) return []
  return [
    `> **DRAFT. Do not deploy by this plan.** The rehearsal that it is made from did not pass: ${verdictTitles[record.verdict].toLowerCase()}. ${line(record.summary)}`,
  ]
}

function migrationLines({ expected, settings, record }: Deployment): string[] {
  const rows = expected.migrations.map(({ name, up, stall, down }, index) => [
    String(index + 1),
    cell(name),
    interval(up),
    interval(stall),
    interval(down),
  ])
  const total = ['', '**together**', interval(expected.up), interval(expected.stall), interval(expected.down)]
  const seen = expected.up?.rehearsals ?? 0
  const warnings = record.findings.filter(({ severity }) => severity !== 'notice')
  return [
    '## What is deployed',
    table(['', 'migration', 'takes', 'clients wait', 'taking it down'], [...rows, total]),
    `${seen > 1 ? `From the least to the most in ${count(seen, 'rehearsal')} on ${line(record.engine?.name ?? 'the same engine')}` : 'As measured in one rehearsal, so how much it varies is not known'}; production is planned for with up to ${settings.margin} times as long: ${atMost(expected.up, settings.margin)} in all, clients waiting for ${atMost(expected.stall, settings.margin)} at most.`,
    ...(warnings.length === 0
      ? []
      : [
          'The rehearsal said:',
          warnings
            .map(({ severity, subject, message }) => `- ${severity}: ${line(subject)}: ${line(message)}`)
            .join('\n'),
        ]),
  ]
}

function peopleLines({ settings, lengthMs }: Deployment): string[] {
  const named = (role: keyof typeof settings.people) => cell(settings.people[role] ?? '(name)')
  return [
    table(
      ['who', 'name', 'what'],
      [
        [
          'developers',
          named('developers'),
          'Draft and test the migrations, keep the rehearsal green, are there in the window to decide with operations.',
        ],
        [
          'operations',
          named('operations'),
          'Hold backups, staging and environment; take the backup, run the commands, watch the database, send the messages.',
        ],
        [
          'project lead',
          named('lead'),
          'Approves the window, decides on going back where data would be lost.',
        ],
      ],
    ),
    `The window is ${duration(lengthMs)} long, and nobody has other work in it.`,
  ]
}
