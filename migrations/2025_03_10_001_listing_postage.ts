import { sql, type Kysely } from 'kysely'

/** Postage becomes a matter of the listing; until a seller says otherwise it is the seller's usual one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('listings').addColumn('postage_pence', 'integer').execute()
  await sql`
    update listings set postage_pence = sellers.postage_pence from sellers where sellers.id = listings.seller_id
  `.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('listings').dropColumn('postage_pence').execute()
}
