import type { Client } from 'pg'
import type { Machine } from './why-not.ts'

/** Asks the server what it knows and, on Linux, how much memory its machine or container has. */
export async function machineOf(client: Client): Promise<Machine> {
  const { rows } = await client.query<{ name: string; unit: string | null }>(
    'select name, unit from pg_catalog.pg_settings',
  )
  const units = new Map(rows.map(({ name, unit }) => [name.toLowerCase(), unit]))
  return { units, memoryBytes: await memoryOf(client) }
}

async function memoryOf(client: Client): Promise<number | null> {
  const read = async (path: string): Promise<string> => {
    const { rows } = await client.query<{ text: string | null }>(
      'select pg_catalog.pg_read_file($1, 0, 1000, true) as text',
      [path],
    )
    return rows[0]?.text ?? ''
  }
  const total = /^MemTotal:\s+(\d+) kB/m.exec(await read('/proc/meminfo'))?.[1]
  const limit = /^(\d+)\s*$/.exec(await read('/sys/fs/cgroup/memory.max'))?.[1]
  const known = [
    total === undefined ? undefined : Number(total) * 1024,
    limit === undefined ? undefined : Number(limit),
  ]
  const bytes = known.filter((number) => number !== undefined)
  return bytes.length === 0 ? null : Math.min(...bytes)
}
