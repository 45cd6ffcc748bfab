import { useQuery } from '@tanstack/react-query'
import { deliveriesQuery } from '../../api/webhooks.ts'
import { isNotFound } from '../../live/query-client.ts'
import { QueryView } from '../../parts/query-view.tsx'
import { DeliveryList } from '../webhooks/delivery-list.tsx'

/** The webhook deliveries of a payment's events. */
export function Deliveries({ id }: { id: string }) {
  const deliveries = useQuery(deliveriesQuery({ payment_id: id }))
  if (isNotFound(deliveries.error)) return null
  return (
    <section className="card" aria-labelledby="deliveries">
      <h2 id="deliveries">Webhooks sent</h2>
      <QueryView query={deliveries}>
        {(list) =>
          list.length === 0 ? (
            <p className="quiet">No webhook was sent.</p>
          ) : (
            <DeliveryList deliveries={list} />
          )
        }
      </QueryView>
    </section>
  )
}
