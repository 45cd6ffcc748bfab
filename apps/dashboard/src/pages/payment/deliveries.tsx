import { useQuery } from '@tanstack/react-query'
import { deliveriesQuery } from '../../api/webhooks.ts'
import { isNotFound } from '../../live/query-client.ts'
import { Failed, Loading } from '../../parts/states.tsx'
import { DeliveryList } from '../webhooks/delivery-list.tsx'

/** Webhooks that told of this payment. */
export function Deliveries({ id }: { id: string }) {
  const deliveries = useQuery(deliveriesQuery({ payment_id: id }))
  if (isNotFound(deliveries.error)) return null
  return (
    <section className="card" aria-labelledby="deliveries">
      <h2 id="deliveries">Webhooks sent</h2>
      {deliveries.data ? (
        deliveries.data.length === 0 ? (
          <p className="quiet">None was sent.</p>
        ) : (
          <DeliveryList deliveries={deliveries.data} />
        )
      ) : deliveries.error ? (
        <Failed error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      ) : (
        <Loading />
      )}
    </section>
  )
}
