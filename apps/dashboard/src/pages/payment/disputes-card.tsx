import type { Payment } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { disputesOfPaymentQuery } from '../../api/disputes.ts'
import { DisputeLine } from '../disputes/dispute-line.tsx'

/** The disputes of a payment. Without any it shows nothing. */
export function DisputesCard({ payment }: { payment: Payment }) {
  const disputes = useQuery({
    ...disputesOfPaymentQuery(payment.id),
    // Only money that was taken is disputed.
    enabled: payment.captured_amount > 0,
    refetchInterval: false,
  })
  const list = disputes.data ?? []
  if (list.length === 0) return null
  return (
    <section className="card" aria-labelledby="disputes">
      <h2 id="disputes">{list.length === 1 ? 'Dispute' : 'Disputes'}</h2>
      <ul className="lines">
        {list.map((dispute) => (
          <DisputeLine key={dispute.id} dispute={dispute} isOnPayment />
        ))}
      </ul>
    </section>
  )
}
