import { type Kysely, sql } from 'kysely'

/** Merchants, their API keys, and what belongs to one merchant as a whole. */
export async function createMerchants(db: Kysely<unknown>): Promise<void> {
  // Without a fee, the server's default applies. A window is in seconds, up to seven days.
  await sql`
    create table merchants (
      id text collate "C" primary key,
      name text not null,
      default_cancel_window integer not null default 0
        check (default_cancel_window between 0 and 604800),
      fee_basis_points integer check (fee_basis_points between 0 and 10000),
      fee_fixed_minor integer check (fee_fixed_minor between 0 and 99999999),
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null
    )`.execute(db)
  await apiKeys(db)

  // A test clock is ahead of the real time by so many seconds, in test mode only.
  await sql`
    create table test_clocks (
      merchant_id text collate "C" primary key references merchants (id),
      offset_seconds bigint not null check (offset_seconds >= 0)
    )`.execute(db)

  // A merchant's own access to a processor. `sealed` is encrypted with the server's key `key_id`.
  // `secret_hint` is the end of the secret. `publishable_key` is not secret: browsers get it.
  await sql`
    create table processor_credentials (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      processor text collate "C" not null check (processor in ('stripe')),
      key_id text collate "C" not null,
      sealed bytea not null,
      secret_hint text collate "C" not null,
      publishable_key text collate "C",
      has_webhook_secret boolean not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode)
    )`.execute(db)
}

async function apiKeys(db: Kysely<unknown>): Promise<void> {
  // Only the hash of a secret key is stored. `secret_hint` is the end of the secret.
  //
  // `budget_names` and `budget_limits` are the requests a minute that a key shares with the keys
  // that it descends from, nearest first. They are copied when another key creates this one: limits
  // never change, and a look-up of a key reads one row. Null: the operator created the key.
  await sql`
    create table api_keys (
      id text collate "C" primary key,
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      name text,
      publishable_key text collate "C" not null unique,
      secret_hash bytea not null unique check (length(secret_hash) = 32),
      secret_hint text collate "C" not null,
      scopes text[] collate "C" not null,
      requests_per_minute integer not null check (requests_per_minute > 0),
      budget_names text[] collate "C",
      budget_limits integer[],
      created_at timestamptz(0) not null,
      expires_at timestamptz(0),
      revoked_at timestamptz(0)
    )`.execute(db)
  await sql`
    create index api_keys_merchant on api_keys (merchant_id, livemode, id)`.execute(db)
  // Finds out whether a merchant has a live key, without reading the keys of test mode.
  await sql`create index api_keys_live on api_keys (merchant_id) where livemode`.execute(db)
}
