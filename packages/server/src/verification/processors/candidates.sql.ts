import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { type Page, queryPage } from '../pages/page.sql.ts'
import type { Runner } from '../pages/runner.ts'

/**
 * Payments of a page that were sent to a processor, have ended, and are at rest: no call is in progress, and
 * no task will make one that moves money. So both sides must agree. A canceled payment may still have the task
 * `process`, whose worker finds it canceled.
 */
const atRest = ({ isCluster }: Runner) => `
  p.processor is not null and p.status not in ('pending', 'initiated', 'processing')
  and not exists (select 1 from payment_attempts a where a.merchant_id = p.merchant_id
    and a.livemode = p.livemode and a.payment_id = p.id and a.outcome is null
    ${isCluster ? 'and a.merchant_id = $1 and a.livemode = $2::boolean' : ''})
  and not exists (select 1 from payment_tasks t where t.merchant_id = p.merchant_id
    and t.livemode = p.livemode and t.payment_id = p.id
    ${isCluster ? 'and t.merchant_id = $1 and t.livemode = $2::boolean' : ''}
    and t.kind in ('authorize', 'capture', 'void', 'refund', 'dispute'))`

/** The payments of a page to look up, created since a time of the merchant's clock. */
export async function findCandidates(
  runner: Runner,
  { page, payments, since }: { page: Page; payments: number; since: Timestamp },
): Promise<PaymentRow[]> {
  return await queryPage<PaymentRow>(runner, {
    ...{ page, payments },
    text: `select p.* from payments p where p.created_at >= $8::timestamptz and ${atRest(runner)}
      order by p.merchant_id, p.livemode, p.id`,
    more: [since],
  })
}

/** Whether a payment is still as it was, and at rest. */
export async function isUnchanged(runner: Runner, row: PaymentRow): Promise<boolean> {
  const rows = await runner.query(
    `select 1 from payments p where p.merchant_id = $1 and p.livemode = $2::boolean and p.id = $3
       and p.sequence = $4::integer and ${atRest(runner)}`,
    [row.merchant_id, row.livemode, row.id, row.sequence],
  )
  return rows.length > 0
}
