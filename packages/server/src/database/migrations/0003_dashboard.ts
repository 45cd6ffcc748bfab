import { type Kysely, sql } from 'kysely'

/** Sign-ins of the dashboard, and the look-up of payments by their amount. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table dashboard_sessions (
      token_hash bytea primary key check (length(token_hash) = 32),
      key_id text not null references api_keys (id),
      created_at timestamptz(0) not null,
      expires_at timestamptz(0) not null,
      check (expires_at > created_at)
    )`.execute(db)
  await sql`
    create index dashboard_sessions_over on dashboard_sessions (expires_at)`.execute(db)
  // An amount never changes, so a cancel still touches no index.
  await sql`
    create index payments_amount on payments (merchant_id, livemode, amount, id)`.execute(db)
}
