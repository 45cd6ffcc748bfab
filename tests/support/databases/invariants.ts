import { statusesBeforeEvent } from '@hedgepayments/contract'
import { checkPages } from '../../../packages/server/src/verification/invariants/check-pages.ts'
import { listOf } from '../../../packages/server/src/verification/invariants/invariant.ts'
import { runnerBy } from '../../../packages/server/src/verification/pages/runner.ts'
import {
  findTotalDifferences,
  totalGuarantees,
} from '../../../packages/server/src/verification/totals/totals.ts'
import { isOnCluster } from './nodes.ts'
import type { Sql } from './sql.ts'

// The invariants of every deployment are those of `hedge verify`. Here are those of the sandbox's books,
// and of a system at rest.

/** Statuses in which the processor has the payment's money, and in which it must not have it. */
const withMoney = listOf(statusesBeforeEvent('payment.settled'))
const withoutMoney = listOf(statusesBeforeEvent('payment.late_capture_refunded'))

/** Statuses that a worker moves on. */
const underway = listOf([
  ...statusesBeforeEvent('payment.processing'),
  ...statusesBeforeEvent('payment.succeeded'),
])

/** Invariants of the sandbox's books that hold at any time, as statements that return their violations. */
const always: Readonly<Record<string, string>> = {
  'the processor captures a payment at most once': `
    select payment_id, count(*) from sandbox_movements where kind = 'capture'
    group by merchant_id, payment_id having count(*) > 1`,
  'the processor authorizes a payment at most once': `
    select payment_id, count(*) from sandbox_movements where kind = 'authorize'
    group by merchant_id, payment_id having count(*) > 1`,
}

/**
 * Invariants that hold when no work is pending. They compare Hedge's books with the sandbox's, which
 * may differ during a call to the processor.
 */
const atRest: Readonly<Record<string, string>> = {
  'the processor keeps no money of a canceled or failed payment': `
    select p.id, p.status from payments p join sandbox_movements m
      on m.merchant_id = p.merchant_id and m.payment_id = p.id
    where p.status in (${withoutMoney}) and p.captured_amount = 0
    group by p.merchant_id, p.id, p.status
    having sum(case m.kind when 'capture' then m.amount when 'refund' then -m.amount
      else 0 end) <> 0`,
  'the processor holds no authorization of a canceled payment': `
    select p.id, s.status from payments p join sandbox_payments s
      on s.merchant_id = p.merchant_id and s.payment_id = p.id
    where p.status = 'canceled' and s.status in ('authorized', 'action_required')`,
  'the processor has captured every succeeded payment': `
    select p.id from payments p left join sandbox_payments s
      on s.merchant_id = p.merchant_id and s.payment_id = p.id
    where p.status in (${withMoney})
      and s.status is distinct from 'captured'`,
  'no acceptance of a mandate is stored for a payment that has ended': `
    select a.payment_id, p.status from mandate_acceptances a join payments p
      on p.merchant_id = a.merchant_id and p.livemode = a.livemode and p.id = a.payment_id
    where p.status in (${withoutMoney})`,
  'no void is pending': `select payment_id from payment_tasks where kind = 'void'`,
  'every call to the processor has an outcome': `
    select payment_id, number from payment_attempts where outcome is null`,
}

/** The violated invariants by name, each with the violating rows. `isAtRest`: no work is pending. */
export async function brokenInvariants(
  sql: Pick<Sql, 'query'>,
  { isAtRest }: { isAtRest: boolean },
): Promise<Record<string, unknown[]>> {
  const broken: Record<string, unknown[]> = {}
  const runner = runnerBy(sql.query, await isOnCluster(sql))
  for await (const { violations } of checkPages(runner, null)) {
    for (const { invariant, rows } of violations) {
      broken[invariant.guarantee] = [...(broken[invariant.guarantee] ?? []), ...rows]
    }
  }
  for await (const difference of findTotalDifferences(runner, null)) {
    const { check, kept, summed, ...where } = difference
    const sums = { ...where, kept: String(kept), summed: String(summed) }
    broken[totalGuarantees[check]] = [...(broken[totalGuarantees[check]] ?? []), sums]
  }
  for (const [name, text] of Object.entries(isAtRest ? { ...always, ...atRest } : always)) {
    const rows = await sql.query(text)
    if (rows.length > 0) broken[name] = rows
  }
  return broken
}

/** Whether no work on payments is pending. Expiries and settlements may still be due later. */
export async function isAtRest(sql: Sql): Promise<boolean> {
  const [row] = await sql.query<{ open: number }>(
    `select (select count(*) from payments where status in (${underway}))
      + (select count(*) from payment_tasks where kind in ('authorize', 'process', 'capture',
        'void', 'refund'))
      + (select count(*) from payment_attempts where outcome is null) as open`,
  )
  return Number(row?.open) === 0
}
