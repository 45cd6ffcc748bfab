import { type Event, type EventType, groupBy, type WebhookEndpoint } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { findRefundsOf } from '../payments/view/refunds.sql.ts'
import { eventId } from './event-id.ts'
import { findPayments } from './events.sql.ts'
import { renderEvent } from './render.ts'

/**
 * Renders events of any accounts, by their positions. Reads their payments after the events, so that a
 * payment is never older than its event. Events without a payment are left out.
 */
export async function renderEvents(db: Db, rows: readonly EventRow[]): Promise<Map<string, Event>> {
  const rendered = new Map<string, Event>()
  const byAccount = groupBy(rows, (row) => `${row.merchant_id} ${row.livemode}`)
  for (const group of byAccount.values()) {
    for (const [position, event] of await renderOfAccount(db, group)) rendered.set(position, event)
  }
  return rendered
}

async function renderOfAccount(
  db: Db,
  rows: readonly EventRow[],
): Promise<(readonly [string, Event])[]> {
  const [first] = rows
  if (!first) return []
  const account = accountOf(first)
  const ids = rows.filter((row) => !standsAlone(row)).map((row) => row.subject_id)
  const payments = await findPayments(db, { account, ids: [...new Set(ids)] })
  const refunded = [...payments.values()].filter((payment) => payment.refund_count > 0)
  const paymentIds = refunded.map((payment) => payment.id)
  const refunds = await findRefundsOf(db, { account, paymentIds })
  return rows.flatMap((row) => {
    if (standsAlone(row)) return [[row.position, renderAlone(row)] as const]
    const payment = payments.get(row.subject_id)
    if (!payment) return []
    return [[row.position, renderEvent(row, payment, refunds.get(payment.id) ?? [])] as const]
  })
}

/** Whether the row has the event's whole data: events of endpoints and sessions, and test events. */
function standsAlone(row: EventRow): boolean {
  return row.state !== null && 'data' in row.state
}

function renderAlone(row: EventRow): Event {
  return {
    id: eventId(row.subject_id, row.sequence),
    object: 'event',
    type: row.type as EventType,
    created: row.created_at,
    livemode: row.livemode,
    sequence: row.sequence,
    actor: { type: row.actor_type, id: row.actor_id },
    from_status: row.from_status,
    to_status: row.to_status,
    reason: row.reason,
    data: row.state?.data as WebhookEndpoint,
  } as Event
}
