import { cancelableStatuses } from '@hedgepayments/contract'
import type { PaymentRow } from '../../packages/server/src/database/schema.ts'
import { answer } from '../../packages/server/src/http/answers/answer.ts'
import {
  notCancelable,
  paymentNotFound,
} from '../../packages/server/src/payments/transition/refusals.ts'
import { renderPayment } from '../../packages/server/src/payments/view/render.ts'
import type { CreateCancel } from './arena.ts'

// Plausible but wrong ways to cancel. The tests check that the races find each of them.

const cancelable = cancelableStatuses.map((status) => `'${status}'`).join(', ')

/**
 * One statement with an UPDATE and an independent SELECT. It never cancels twice. But under READ
 * COMMITTED the SELECT of a losing cancel reads its old snapshot, and so reports `pending`.
 */
export const selectBeside: CreateCancel = cancelBy(
  `with was as (
    select status from payments where merchant_id = $1 and livemode = $2 and id = $3
  ), moved as (
    update payments set status = 'canceled', sequence = sequence + 1, canceled_at = $4,
      updated_at = $4, cancellation_reason = $5
    where merchant_id = $1 and livemode = $2 and id = $3 and status in (${cancelable})
    returning *
  ), recorded as (
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      from_status, to_status, reason)
    select m.merchant_id, m.livemode, m.id, m.sequence, 'payment.canceled', m.canceled_at,
      'api_key', w.status, 'canceled', m.cancellation_reason from moved m, was w
  ), owed as (
    insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
    select merchant_id, livemode, id, 'void', canceled_at from moved where processor is not null
    on conflict do nothing
  )
  select w.status as seen, m.* from was w left join moved m on true`,
)

const checkViolation = '23514'

/** A SELECT, then an UPDATE that does not check the status again: two clients can both win. */
export const readThenWrite: CreateCancel = (database) => {
  const read = cancelBy(
    `select status as seen, null as status, * from payments
     where merchant_id = $1 and livemode = $2 and id = $3 and $4::text is not null
       and $5::text is distinct from ''`,
  )(database)
  const write = cancelBy(
    `with moved as (
      update payments set status = 'canceled', sequence = sequence + 1, canceled_at = $4,
        updated_at = $4, cancellation_reason = $5
      where merchant_id = $1 and livemode = $2 and id = $3 returning *
    ), recorded as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, from_status, to_status, reason)
      select merchant_id, livemode, id, sequence, 'payment.canceled', canceled_at, 'api_key',
        'pending', 'canceled', cancellation_reason from moved
    )
    select 'pending' as seen, * from moved`,
  )(database)
  return async (request) => {
    const seen = await read(request)
    const details = seen.refusal ? (seen.details as { current_status?: string }) : {}
    const { current_status: status = '' } = details
    if (!(cancelableStatuses as readonly string[]).includes(status)) return seen
    return await write(request).catch(async (error: { code?: string }) => {
      // The trigger refuses the step from `processing`. It allows an update from canceled to canceled.
      if (error.code !== checkViolation) throw error
      return await read(request)
    })
  }
}

function cancelBy(text: string): CreateCancel {
  return ({ pool }) =>
    async ({ auth, paymentId, now, reason }) => {
      const { rows } = await pool.query<PaymentRow & { seen: PaymentRow['status'] }>(text, [
        auth.merchantId,
        auth.livemode,
        paymentId,
        now,
        reason,
      ])
      const [row] = rows
      if (!row) return paymentNotFound(paymentId)
      return row.status === 'canceled'
        ? answer(200, renderPayment(row, []))
        : notCancelable(paymentId, row.seen)
    }
}
