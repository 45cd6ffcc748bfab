import type { EventType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'

/** An event of another subject than a payment, or a test event. */
export interface NewEvent
  extends Pick<
    EventRow,
    | 'merchant_id'
    | 'livemode'
    | 'subject_id'
    | 'sequence'
    | 'created_at'
    | 'actor_type'
    | 'actor_id'
    | 'to_status'
    | 'reason'
  > {
  readonly type: EventType
  readonly state: object
}

/**
 * Inserts an event whose subject is not a payment. Call it in the transaction that changes the subject.
 * Only `payments/transition` inserts events of payments, in the statements that change them.
 *
 * The relay's rule: a transaction has its id before it takes a position, because the fence of the relay
 * compares ids (`webhooks/relay/relay-events.sql.ts`). So the statement requests the id first.
 */
export async function insertEvent(db: Db, event: NewEvent): Promise<EventRow> {
  const { rows } = await sql<EventRow>`
    with started as materialized (select pg_current_xact_id())
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, to_status, reason, state)
    select ${event.merchant_id}, ${event.livemode}::boolean, ${event.subject_id},
      ${event.sequence}::integer, ${event.type}, ${event.created_at}::timestamptz,
      ${event.actor_type}, ${event.actor_id}, ${event.to_status}, ${event.reason},
      ${JSON.stringify(event.state)}::jsonb
    from started
    returning *`.execute(db)
  const [row] = rows
  if (!row) throw new Error('an event was not inserted')
  return row
}
