import type { Session } from './queue.ts'

/** Makes our tables beside those of pg-boss, where they are not there. */
export async function makeTables({ sql, schema }: Session): Promise<void> {
  // Two that begin at the same time would both find that there is none.
  await sql(`select pg_advisory_xact_lock(hashtext($1))`, [`pg-rehearsal ${schema}`])
  await sql(`create table if not exists ${schema}.fleet_round (
    id text primary key,
    number bigint generated always as identity unique,
    created_at timestamptz not null default now(),
    origin text not null,
    facts jsonb not null,
    held jsonb,
    problem text
  )`)
  await sql(`create table if not exists ${schema}.fleet_attempt (
    round text not null references ${schema}.fleet_round on delete cascade,
    name text not null,
    number int not null,
    job uuid not null,
    host text not null,
    pid int not null,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    outcome text,
    problem text,
    primary key (round, name, number)
  )`)
  // The key is what makes a second result of a database impossible, whoever writes it.
  await sql(`create table if not exists ${schema}.fleet_result (
    round text not null references ${schema}.fleet_round on delete cascade,
    name text not null,
    job uuid,
    stored_at timestamptz not null default now(),
    result jsonb not null,
    primary key (round, name)
  )`)
}
