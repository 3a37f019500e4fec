import { sql, type Kysely } from 'kysely'

/** Slabbed comics come as 10.0, a grade that had been left out. The only migration that adds a row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`insert into grades (code, label, points) values ('GM', 'Gem Mint', 10.0)`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`delete from grades where code = 'GM'`.execute(db)
}
