/** A piece of work on tables, which are told apart by number. */
export interface Unit {
  /** How long it may take, against others. */
  readonly weight: number
  /** Tables that it needs while nobody takes them, and tables that it needs for itself. */
  readonly shares: readonly number[]
  readonly takes: readonly number[]
  /** What must be done before. */
  readonly after: readonly Unit[]
}

/**
 * Does all of it, up to `workers` pieces at a time, of those that can begin always the heaviest. After the first error
 * nothing more begins; it is thrown when all that had begun has ended. Whatever waits for itself is never begun: throws.
 */
export async function doUnits<Work extends Unit>(
  units: readonly Work[],
  workers: number,
  work: (unit: Work) => Promise<void>,
): Promise<void> {
  const waiting = new Set(units.toSorted((one, other) => other.weight - one.weight))
  const done = new Set<Unit>()
  const running = new Map<Unit, Promise<void>>()
  const failures: unknown[] = []
  const canBegin = (unit: Work): boolean =>
    unit.after.every((other) => done.has(other)) && [...running.keys()].every((other) => !clash(unit, other))
  const begin = (unit: Work): void => {
    waiting.delete(unit)
    const ending = work(unit).then(
      () => void done.add(unit),
      (error: unknown) => void failures.push(error),
    )
    running.set(
      unit,
      ending.then(() => void running.delete(unit)),
    )
  }
  while (waiting.size > 0 && failures.length === 0) {
    const next = running.size < workers ? [...waiting].find(canBegin) : undefined
    if (next !== undefined) begin(next)
    else if (running.size > 0) await Promise.race(running.values())
    else throw new Error(`${waiting.size} pieces of work wait for each other.`)
  }
  await Promise.all(running.values())
  if (failures.length > 0) throw failures[0]
}

function clash(one: Unit, other: Unit): boolean {
  const meets = (takes: readonly number[], { shares, takes: taken }: Unit): boolean =>
    takes.some((table) => shares.includes(table) || taken.includes(table))
  return meets(one.takes, other) || meets(other.takes, one)
}
