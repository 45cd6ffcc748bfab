import { type Kysely, sql } from 'kysely'

/** What is dropped once it is old: a row per kind, locked by the process that is at it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table retention_tasks (
      kind text primary key,
      due_at timestamptz(3) not null default now(),
      reached jsonb
    )`.execute(db)
  await sql`
    insert into retention_tasks (kind)
    values ('idempotency_records'), ('webhook_deliveries'), ('cancellation_items'),
      ('dashboard_sessions')`.execute(db)
}
