import { type Event, groupBy } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { findRefundsOf } from '../payments/view/refunds.sql.ts'
import { findPayments } from './events.sql.ts'
import { renderAlone, renderEvent, standsAlone } from './render.ts'

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
