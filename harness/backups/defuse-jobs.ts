import type { Client } from 'pg'

/** Tables in which extensions keep what they run by themselves, and how a job is switched off. */
const schedulers = [
  { extension: 'pg_cron', table: 'cron.job', switchOff: 'active = false', on: 'active', name: 'jobname' },
  {
    extension: 'pgAgent',
    table: 'pgagent.pga_job',
    switchOff: 'jobenabled = false',
    on: 'jobenabled',
    name: 'jobname',
  },
  {
    extension: 'timescaledb',
    table: '_timescaledb_config.bgw_job',
    switchOff: 'scheduled = false',
    on: 'scheduled',
    name: 'application_name',
  },
  {
    extension: 'pg_timetable',
    table: 'timetable.chain',
    switchOff: 'live = false',
    on: 'live',
    name: 'chain_name',
  },
] as const

/** Switches off every job that the database would run by itself; returns a line for each. */
export async function defuseJobs(client: Client): Promise<string[]> {
  const lines: string[] = []
  for (const { extension, table, switchOff, on, name } of schedulers) {
    const { rows: there } = await client.query<{ found: string }>(
      `select count(*) as found from pg_catalog.pg_attribute
        where attrelid = pg_catalog.to_regclass($1) and attname in ($2, $3) and not attisdropped`,
      [table, on, name],
    )
    if (Number(there[0]?.found) < 2) continue
    const { rows } = await client.query<{ name: string | null }>(
      `update ${table} set ${switchOff} where ${on} returning ${name} as name`,
    )
    lines.push(...rows.map((job) => `${extension} job ${job.name ?? 'without a name'}: switched off`))
  }
  return lines
}
