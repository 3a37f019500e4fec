import { execa } from 'execa'
import { delayLine, type DelayLine } from './delay-line.ts'

/** A network namespace and the link to it. */
export interface TestNetwork {
  /** Of the machine in it. */
  readonly address: string
  /** The words before a command that runs it in there. */
  readonly inside: readonly string[]
  /** Delays every packet, half on each way, and loses some: by `tc netem`, or by a delay line where there is none. */
  slow(roundTripMs: number, lossPercent: number): Promise<void>
  /** Takes the link down on the far side: what is sent is lost without a word. */
  cut(): Promise<void>
  heal(): Promise<void>
  dispose(): Promise<void>
}

/** Makes a network namespace with a link of its own to it, 10.203.N.0/30, N free. */
export async function openNetwork(name: string): Promise<TestNetwork> {
  const number = await freeNumber()
  const namespace = `pgr-${name}-${number}`
  const [near, far] = [`pgrn${number}`, `pgrf${number}`]
  const inside = ['nsenter', `--net=/run/netns/${namespace}`, '--']
  const address = `10.203.${number}.2`
  const ip = async (...words: string[]) => await execa('ip', words)
  const within = async (...words: string[]) => await execa(inside[0] ?? '', [...inside.slice(1), ...words])
  let line: DelayLine | undefined
  const up = async () => {
    await within('ip', 'link', 'set', line?.far ?? far, 'up')
    await within('ip', 'route', 'replace', 'default', 'via', `10.203.${number}.1`)
  }
  const dispose = async () => {
    // Sessions outlive the daemon that opened them, and would hold the namespace.
    const { stdout = '' } = await execa('ip', ['netns', 'pids', namespace], { reject: false })
    for (const pid of stdout.split('\n').map(Number).filter(Boolean)) kill(pid)
    await line?.stop()
    await execa('ip', ['link', 'del', near], { reject: false })
    await execa('ip', ['netns', 'del', namespace], { reject: false })
  }
  try {
    await ip('netns', 'add', namespace)
    await ip('link', 'set', far, 'netns', namespace)
    await ip('addr', 'add', `10.203.${number}.1/30`, 'dev', near)
    await ip('link', 'set', near, 'up')
    await within('ip', 'addr', 'add', `${address}/30`, 'dev', far)
    await within('ip', 'link', 'set', 'lo', 'up')
    await up()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    address,
    inside,
    slow: async (roundTripMs, lossPercent) => {
      const how = ['root', 'netem', 'delay', `${roundTripMs / 2}ms`, 'loss', `${lossPercent}%`]
      const { failed, stderr } = await execa('tc', ['qdisc', 'replace', 'dev', near, ...how], {
        reject: false,
      })
      if (!failed) return void (await within('tc', 'qdisc', 'replace', 'dev', far, ...how))
      if (!/qdisc kind is unknown/.test(stderr)) throw new Error(stderr)
      await line?.stop()
      const names = { near: `pgrd${number}`, far: `pgre${number}` }
      line = await delayLine(names, roundTripMs / 2, lossPercent)
      await ip('link', 'set', line.far, 'netns', namespace)
      await ip('addr', 'flush', 'dev', near)
      await within('ip', 'addr', 'flush', 'dev', far)
      await ip('link', 'set', line.near, 'up', 'txqueuelen', '10000')
      await ip('addr', 'add', `10.203.${number}.1/30`, 'dev', line.near)
      await within('ip', 'link', 'set', line.far, 'txqueuelen', '10000')
      await within('ip', 'addr', 'add', `${address}/30`, 'dev', line.far)
      await up()
    },
    cut: async () => void (await within('ip', 'link', 'set', line?.far ?? far, 'down')),
    heal: up,
    dispose,
  }
}

/** Making the link claims the number. */
async function freeNumber(): Promise<number> {
  for (let number = 1; number < 250; number += 1) {
    const words = ['link', 'add', `pgrn${number}`, 'type', 'veth', 'peer', 'name', `pgrf${number}`]
    const { exitCode, stderr } = await execa('ip', words, { reject: false })
    if (exitCode === 0) return number
    if (!/exists/i.test(stderr)) throw new Error(stderr)
  }
  throw new Error('no number is free for a network')
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
