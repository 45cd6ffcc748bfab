import type { Payment } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { triesQuery } from '../../api/payments.ts'
import { formatTimestamp, humanize } from '../../format.ts'
import { StatusBadge } from '../../parts/badge.tsx'
import { Link } from '../../router.tsx'

/** The tries on one payment page: each payment links to the others. A single try shows nothing. */
export function TriesCard({ payment }: { payment: Payment }) {
  const tries = useQuery({
    ...triesQuery(payment.id),
    enabled: mayHaveOthers(payment),
    refetchInterval: false,
  })
  const list = tries.data ?? []
  if (list.length < 2) return null
  return (
    <section className="card" aria-labelledby="tries">
      <h2 id="tries">Tries on this payment page</h2>
      <ol className="lines">
        {list.map((one) => (
          <li key={one.id} className="line">
            <span className="line-main">
              {one.id === payment.id ? (
                'This payment'
              ) : (
                <Link to={`/payments/${one.id}`}>{one.id}</Link>
              )}
            </span>
            <StatusBadge status={one.status} />
            <span className="quiet line-more">
              {formatTimestamp(one.created_at)}
              {one.failure_code === null ? null : ` · ${humanize(one.failure_code)}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Only a failed payment is tried again. A retry has the link of the first payment, or of the session. */
function mayHaveOthers({ id, status, url }: Payment): boolean {
  return status === 'failed' || !url.endsWith(`/${id}`)
}
