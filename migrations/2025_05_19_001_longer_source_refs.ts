import { sql, type Kysely } from 'kysely'

/** Auction houses send references of up to 64 characters. Widening a varchar rewrites nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table listings alter column source_ref type varchar(64)`.execute(db)
}

/** Fails, rather than cutting anything off, once a longer reference is there. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table listings alter column source_ref type varchar(24)`.execute(db)
}
