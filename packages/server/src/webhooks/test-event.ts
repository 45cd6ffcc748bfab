import { type EventType, isId, type Payment, type WebhookTest } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'
import { newId } from '../domain/ids.ts'
import type { Timestamp } from '../domain/time.ts'
import { testSubjectPrefix } from '../events/event-id.ts'
import { findPayments } from '../events/events.sql.ts'
import { renderEvents } from '../events/load.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { refuseField } from '../http/answers/refusal.ts'
import type { Auth } from '../http/request/auth.ts'
import { findRefunds } from '../payments/view/refunds.sql.ts'
import { renderPayment } from '../payments/view/render.ts'
import { renderRefund } from '../payments/view/render-refund.ts'
import { findEndpoint } from './endpoints/endpoints.sql.ts'
import { sampleOf, statusAfter, testMark } from './sample.ts'

/**
 * Inserts a test event. Like every event it appears in the list and the stream, and is delivered to
 * endpoints. Its subject is a new id, so it does not use up a sequence number of a payment.
 *
 * Refused in live mode: a receiver could mistake the sample for a real payment and ship goods.
 */
export async function sendTestEvent(
  tx: Db,
  { auth, body, now }: { auth: Auth; body: WebhookTest; now: Timestamp },
): Promise<Reply> {
  if (auth.livemode) {
    return refuseField('Authorization', 'a live key', 'a test key: live receivers act on events')
  }
  const type = body.type ?? 'payment.succeeded'
  const endpointId = body.endpoint_id
  if (endpointId !== undefined) {
    const endpoint = isId('webhookEndpoint', endpointId)
      ? await findEndpoint(tx, { account: auth, id: endpointId })
      : undefined
    if (!endpoint?.enabled) return refuseField('endpoint_id', endpointId, 'an enabled endpoint')
  }
  if (body.payment_id !== undefined && !type.startsWith('payment.')) {
    return refuseField('payment_id', body.payment_id, `none with the type ${type}`)
  }
  const data =
    body.payment_id === undefined
      ? sampleOf(type, auth, now)
      : await readPayment(tx, auth, body.payment_id)
  if (!data) return refuseField('payment_id', body.payment_id, 'the id of a payment')
  const row = await insertTestEvent(tx, {
    auth,
    type,
    state: { data, ...(endpointId === undefined ? {} : { endpoint_id: endpointId }) },
    now,
  })
  const event = (await renderEvents(tx, [row])).get(row.position)
  if (!event) throw new Error('a test event was not rendered')
  return answer(200, event)
}

async function insertTestEvent(
  tx: Db,
  given: { auth: Auth; type: EventType; state: object; now: Timestamp },
): Promise<EventRow> {
  const { auth, type, state, now } = given
  const status = statusAfter[type] ?? null
  // The fence of the relay requires that a transaction has its id before it takes a position.
  const { rows } = await sql<EventRow>`
    with started as materialized (select pg_current_xact_id())
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, from_status, to_status, reason, state)
    select ${auth.merchantId}, ${auth.livemode}::boolean,
      ${testSubjectPrefix + newId('payment').slice(4)}, 1, ${type}, ${now}::timestamptz,
      'api_key', ${auth.keyId}, null, ${status}, ${testMark}, ${JSON.stringify(state)}::jsonb
    from started
    returning *`.execute(tx)
  const [row] = rows
  if (!row) throw new Error('a test event was not inserted')
  return row
}

async function readPayment(tx: Db, auth: Auth, id: string): Promise<Payment | null> {
  if (!isId('payment', id)) return null
  const row = (await findPayments(tx, { account: auth, ids: [id] })).get(id)
  if (!row) return null
  const refunds = (await findRefunds(tx, { account: auth, paymentId: id })).map(renderRefund)
  return renderPayment({ ...row, metadata: { ...row.metadata, [testMark]: 'true' } }, refunds)
}
