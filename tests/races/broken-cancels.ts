import { cancelableStatuses } from '@hedgepayments/contract'
import type { PaymentRow } from '../../packages/server/src/database/schema.ts'
import { answer } from '../../packages/server/src/http/answers/answer.ts'
import {
  notCancelable,
  paymentNotFound,
} from '../../packages/server/src/payments/transition/refusals.ts'
import { renderPayment } from '../../packages/server/src/payments/view/render.ts'
import type { CancelOf } from './arena.ts'

// Cancels as one would write them at first sight. Each is wrong in a way of its own, and each is
// here so that the races can be seen to find it.

const cancelable = cancelableStatuses.map((status) => `'${status}'`).join(', ')

/**
 * An UPDATE with a SELECT beside it, in one statement: it never cancels twice, but under READ
 * COMMITTED the loser reads its own old snapshot, and reports `pending`.
 */
export const selectBeside: CancelOf = cancelBy(
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

/** A SELECT first, and an UPDATE that trusts it: two clients can read before either writes. */
export const readThenWrite: CancelOf = (database) => {
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
      // The database's guard refuses a second step from `processing`. A second cancel is no step.
      if (error.code !== checkViolation) throw error
      return await read(request)
    })
  }
}

function cancelBy(text: string): CancelOf {
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
