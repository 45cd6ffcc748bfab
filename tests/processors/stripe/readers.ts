import { until } from '../../support/until.ts'
import type { StripeFixture } from './stand-in/server-with-stripe.ts'

/** Functions that read a payment, its refunds and its ledger. Call them when the fixture is set. */
export function readersOf(fixture: StripeFixture) {
  /** A payment with its refunds as `amount status actor`, oldest first. */
  async function read(id: string) {
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    const refunds = body.refunds.map(
      (one: { amount: number; status: string; actor: { type: string } }) =>
        `${one.amount} ${one.status} ${one.actor.type}`,
    )
    return { status: body.status, refunded: body.refunded_amount, refunds }
  }

  /** Waits until a payment has exactly these refunds. */
  async function untilRefunds(id: string, refunds: string[]) {
    return await until(`the refunds of ${id} are ${refunds}`, async () => {
      const payment = await read(id)
      return payment.refunds.join() === refunds.join() && payment
    })
  }

  /** Waits until no task of a payment is due or in progress. */
  async function untilIdle(id: string) {
    await until(`nothing is due for ${id}`, async () => {
      const busy = await fixture.sql.query(
        `select from payment_tasks where payment_id = $1
           and (leased_until is not null or due_at <= now() or planned_again)`,
        [id],
      )
      return busy.length === 0
    })
  }

  /** The balances of a payment's accounts, credits minus debits, without zeros. */
  async function ledgerOf(id: string): Promise<Record<string, number>> {
    const rows = await fixture.sql.query<{ account: string; sum: string }>(
      `select account, -sum(amount) as sum from ledger_entries where payment_id = $1
       group by account having sum(amount) <> 0`,
      [id],
    )
    return Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]))
  }

  return { read, untilRefunds, untilIdle, ledgerOf }
}
