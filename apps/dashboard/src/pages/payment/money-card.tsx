import type { Payment } from '@hedgepayments/contract'
import { formatMoment, formatMoney, humanize } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'

/** Where the money is. */
export function MoneyCard({ payment }: { payment: Payment }) {
  const money = (minor: number) => formatMoney(minor, payment.currency)
  return (
    <section className="card" aria-labelledby="money">
      <h2 id="money">Money</h2>
      <dl className="facts facts-money">
        <dt>Amount</dt>
        <dd>{money(payment.amount)}</dd>
        {payment.fee === null ? null : (
          <>
            <dt>Fee</dt>
            <dd>− {money(payment.fee)}</dd>
          </>
        )}
        {payment.net_amount === null ? null : (
          <>
            <dt>Net</dt>
            <dd>{money(payment.net_amount)}</dd>
          </>
        )}
        {payment.refunded_amount === 0 ? null : (
          <>
            <dt>Refunded</dt>
            <dd>− {money(payment.refunded_amount)}</dd>
            <dt>Left to refund</dt>
            <dd>{money(payment.amount - payment.refunded_amount)}</dd>
          </>
        )}
        <dt>Settled</dt>
        <dd>{payment.settled_at === null ? 'Not yet' : formatMoment(payment.settled_at)}</dd>
      </dl>
      {payment.refunds.length === 0 ? null : (
        <ul className="refunds" aria-label="Refunds">
          {payment.refunds.map((refund) => (
            <li key={refund.id}>
              <span>{money(refund.amount)}</span>
              <Badge tone={refundTones[refund.status]}>{humanize(refund.status)}</Badge>
              <span className="quiet">{refund.reason ?? formatMoment(refund.created_at)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

const refundTones = { pending: 'waiting', succeeded: 'good', failed: 'bad' } as const
