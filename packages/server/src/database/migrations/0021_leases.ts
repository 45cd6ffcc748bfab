import { type Kysely, sql } from 'kysely'

/**
 * Leases with a fencing token, and failures counted apart from claims.
 *
 * `lease` names the claim that holds a row; every write of its holder checks it. `planned_again`
 * says that somebody asked for the work again while it was in progress. `failures` counts failures
 * in a row and decides the backoff; `payment_tasks.attempts` still counts claims for the version
 * before, which fences by it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table payment_tasks
      add column lease text,
      add column failures integer not null default 0,
      add column planned_again boolean not null default false`.execute(db)
  // Real time by the database's clock. started_at is the merchant's time, by a server's clock.
  await sql`
    alter table payment_attempts
      add column began_at timestamptz not null default now()`.execute(db)

  // Attempts since the last one that counts whose result came after the lease was lost.
  await sql`
    alter table webhook_deliveries
      add column late_attempts integer not null default 0,
      add column planned_again boolean not null default false`.execute(db)

  await sql`
    alter table checkout_sessions
      add column lease text,
      add column leased_until timestamptz,
      add column failures integer not null default 0`.execute(db)
  await sql`
    alter table cancellations
      add column failures integer not null default 0,
      add column retry_at timestamptz`.execute(db)
  await sql`
    alter table retention_tasks
      add column failures integer not null default 0`.execute(db)
}
