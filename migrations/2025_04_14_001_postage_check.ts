import { sql, type Kysely } from 'kysely'

/** Refuses nonsensical postage: first for new rows only, then, without blocking writers, for all. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table listings add constraint listings_postage_sane
      check (postage_pence >= 0 and postage_pence <= 5000) not valid
  `.execute(db)
  await sql`alter table listings validate constraint listings_postage_sane`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('listings').dropConstraint('listings_postage_sane').execute()
}
