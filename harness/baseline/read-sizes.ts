import type { Client } from 'pg'

export interface TableSize {
  /** `schema.table`, quoted where needed. */
  readonly name: string
  /** Exact; a partitioned table's are those of its partitions. */
  readonly rows: number
  /** With indexes and TOAST; a partitioned table's are those of its partitions. */
  readonly bytes: number
}

/** Rows and bytes of every table that is not the system's. Counts them, so it takes the time of reading them once. */
export async function readSizes(client: Client): Promise<TableSize[]> {
  const tables = await client.query<{ name: string; bytes: string }>(sizes)
  const counted: TableSize[] = []
  for (const { name, bytes } of tables.rows) {
    const result = await client.query<{ rows: string }>(`select count(*) as rows from ${name}`)
    counted.push({ name, rows: Number(result.rows[0]?.rows), bytes: Number(bytes) })
  }
  return counted
}

const sizes = `
  select format('%I.%I', n.nspname, c.relname) as name,
    case c.relkind when 'p' then (select coalesce(sum(pg_total_relation_size(t.relid)), 0)
      from pg_partition_tree(c.oid) t where t.isleaf) else pg_total_relation_size(c.oid) end as bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1`
