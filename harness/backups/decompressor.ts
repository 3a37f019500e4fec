import { HarnessError } from '../errors.ts'

/**
 * Decompresses with a program on PATH. The reader gets a HarnessError when the program is not there (with the
 * package that has it), or when it finds the data cut off or damaged.
 */
export function decompressor(
  program: string,
  args: readonly string[],
  debianPackage: string,
): (raw: AsyncIterable<Buffer>) => AsyncGenerator<Buffer, void, undefined> {
  return async function* (raw) {
    // Only where it is needed: what loads rows (load-rows.ts) has to be small.
    const { execa } = await import('execa')
    const child = execa(program, args, { stdin: 'pipe', buffer: { stdout: false }, reject: false })
    let failure: unknown
    const fed = feed(raw, child.stdin).catch((error: unknown) => {
      failure = error
      child.kill()
    })
    try {
      yield* child.stdout as AsyncIterable<Buffer>
      await fed
      const result = await child
      if (failure !== undefined) throw failure
      if (result.code === 'ENOENT') throw missing(program, debianPackage)
      if (result.exitCode !== 0) throw damaged(program, result.stderr)
    } finally {
      // A reader may stop early: the head of a file is enough to tell what it is.
      child.kill()
      await child
      await fed
    }
  }
}

/** Writes as fast as it is read; a program that stops reading says why by its exit code. */
async function feed(raw: AsyncIterable<Buffer>, stdin: NodeJS.WritableStream): Promise<void> {
  let closed = false
  const gone = new Promise<void>((resolve) => {
    for (const event of ['error', 'close']) {
      stdin.on(event, () => {
        closed = true
        resolve()
      })
    }
  })
  for await (const chunk of raw) {
    if (closed) return
    if (!stdin.write(chunk)) {
      await Promise.race([gone, new Promise<void>((resolve) => void stdin.once('drain', resolve))])
    }
  }
  stdin.end()
}

function missing(program: string, debianPackage: string): HarnessError {
  return new HarnessError(
    'no-decompressor',
    `The backup is compressed with ${program}, which is not on PATH.`,
    {
      hint: `Install it (\`apt-get install ${debianPackage}\`, \`brew install ${debianPackage.replace('-utils', '')}\`), or compress backups with gzip or zstd, which need no program.`,
    },
  )
}

function damaged(program: string, stderr: string): HarnessError {
  const said =
    stderr
      .trim()
      .split('\n')[0]
      ?.replace(/^(?:\S+: )+/, '')
      .replace(/\W+$/, '') ?? ''
  const cut = /unexpected end|unfinished|ends unexpectedly|incomplete|truncated|read error/i.test(stderr)
  return new HarnessError(
    cut ? 'backup-truncated' : 'backup-corrupt',
    `The ${program} data of the backup is ${cut ? 'cut off' : 'damaged'}: ${said}.`,
    { hint: `Copy the backup again in binary mode, or take a new one; \`${program} -t FILE\` checks it.` },
  )
}
