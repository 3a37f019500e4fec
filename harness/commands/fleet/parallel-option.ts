import { InvalidArgumentError, Option } from 'commander'

/** `--parallel N`: how many rehearsals at the same time on this machine. */
export function parallelOption(): Option {
  return new Option(
    '--parallel <number>',
    `how many at the same time (default: \`parallel\` of the fleet file, else one for two cores)`,
  ).argParser(parallelOf)
}

function parallelOf(text: string): number {
  const parallel = Number(text)
  if (Number.isInteger(parallel) && parallel >= 1 && parallel <= 256) return parallel
  throw new InvalidArgumentError('It is a number from 1 to 256.')
}
