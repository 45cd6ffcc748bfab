import { type Kysely, sql } from 'kysely'

/** What merchants reach a processor of their own with, sealed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table processor_credentials (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      processor text not null check (processor in ('stripe')),
      key_id text not null,
      sealed bytea not null,
      secret_hint text not null,
      has_webhook_secret boolean not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode)
    )`.execute(db)
}
