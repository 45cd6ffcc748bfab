import type { Payment } from '@hedgepayments/contract'
import { formatMoney, formatTimestamp, humanize } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'
import { Fact } from '../../parts/fact.tsx'

/** The amount of a payment, its fee, refunds and settlement. */
export function MoneyCard({ payment }: { payment: Payment }) {
  const {
    amount,
    captured_amount: captured,
    fee,
    net_amount: net,
    refunded_amount: refunded,
  } = payment
  const money = (minor: number) => formatMoney(minor, payment.currency)
  return (
    <section className="card" aria-labelledby="money">
      <h2 id="money">Money</h2>
      <dl className="facts facts-money">
        <Fact name="Amount">{money(amount)}</Fact>
        <Fact name="Captured">{captured > 0 && captured < amount ? money(captured) : null}</Fact>
        <Fact name="Fee">{fee === null ? null : <>− {money(fee)}</>}</Fact>
        <Fact name="Net">{net === null ? null : money(net)}</Fact>
        {refunded === 0 ? null : (
          <>
            <Fact name="Refunded">− {money(refunded)}</Fact>
            <Fact name="Left to refund">{money(captured - refunded)}</Fact>
          </>
        )}
        <Fact name="Settled">
          {payment.settled_at === null ? 'Not yet' : formatTimestamp(payment.settled_at)}
        </Fact>
      </dl>
      {payment.refunds.length === 0 ? null : (
        <ul className="refunds" aria-label="Refunds">
          {payment.refunds.map((refund) => (
            <li key={refund.id}>
              <span>{money(refund.amount)}</span>
              <Badge tone={refundTones[refund.status]}>{humanize(refund.status)}</Badge>
              <span className="quiet">
                {refund.reason ?? formatTimestamp(refund.created_at)}
                {refund.actor.type === 'processor' ? ' · made at the processor' : null}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

const refundTones = { pending: 'waiting', succeeded: 'good', failed: 'bad' } as const
