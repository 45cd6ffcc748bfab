import { type Kysely, sql } from 'kysely'

/** The payment's event at which a refund failed that the processor had said it had paid. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table refunds add column returned_sequence integer`.execute(db)
}
