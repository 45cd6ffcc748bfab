import { type Kysely, sql } from 'kysely'

/**
 * What says what became of money is only added to: events, calls to processors and refunds, as the
 * ledger and the audit log before. Nothing drops these rows, so there is no way around the triggers.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create trigger events_append_only before update or delete on events
      for each row execute function refuse_change()`.execute(db)
  await keep(db)

  // A call gets its result once. `interrupted` is no result: it says that none has come yet.
  await sql`
    create trigger payment_attempts_ended_once after update on payment_attempts
      for each row when (
        not (old.outcome is null or old.outcome = 'unknown' and old.code = 'interrupted')
        or new.outcome is null
        or row(old.merchant_id, old.livemode, old.payment_id, old.number, old.kind, old.processor,
            old.processor_key, old.request_key, old.actor_type, old.actor_id, old.started_at)
          is distinct from row(new.merchant_id, new.livemode, new.payment_id, new.number, new.kind,
            new.processor, new.processor_key, new.request_key, new.actor_type, new.actor_id,
            new.started_at))
      execute function refuse_change()`.execute(db)

  // The processor answers a refund once; it may take back that it has paid it.
  await sql`
    create trigger refunds_answered_once after update on refunds
      for each row when (
        old.status <> new.status and not (
          old.status = 'pending' and new.status in ('succeeded', 'failed')
          or old.status = 'succeeded' and new.status = 'failed')
        or row(old.merchant_id, old.livemode, old.payment_id, old.id, old.amount, old.currency,
            old.reason, old.metadata, old.requested_sequence, old.created_at)
          is distinct from row(new.merchant_id, new.livemode, new.payment_id, new.id, new.amount,
            new.currency, new.reason, new.metadata, new.requested_sequence, new.created_at))
      execute function refuse_change()`.execute(db)
}

async function keep(db: Kysely<unknown>): Promise<void> {
  await sql`
    create trigger events_not_truncated before truncate on events
      for each statement execute function refuse_change()`.execute(db)
  for (const table of ['payment_attempts', 'refunds']) {
    await sql`
      create trigger ${sql.raw(`${table}_kept`)} before delete on ${sql.table(table)}
        for each row execute function refuse_change()`.execute(db)
    await sql`
      create trigger ${sql.raw(`${table}_not_truncated`)} before truncate on ${sql.table(table)}
        for each statement execute function refuse_change()`.execute(db)
  }
}
