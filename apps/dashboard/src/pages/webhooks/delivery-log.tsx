import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { deliveriesQuery } from '../../api/webhooks.ts'
import { requestedAt } from '../../live/request-times.ts'
import { Chips } from '../../parts/chips.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { DeliveryList } from './delivery-list.tsx'

const statusOptions = [
  { value: '', name: 'All' },
  { value: 'failed', name: 'Failed' },
  { value: 'pending', name: 'Pending' },
  { value: 'succeeded', name: 'Delivered' },
] as const

/** The newest deliveries of all endpoints, filtered by status. */
export function DeliveryLog() {
  const [status, setStatus] = useState<(typeof statusOptions)[number]['value']>('')
  const query = deliveriesQuery(status === '' ? {} : { status })
  const deliveries = useQuery(query)
  return (
    <section className="card" aria-labelledby="log">
      <div className="card-head">
        <h2 id="log">Deliveries</h2>
        <Freshness requestedAtMs={() => requestedAt(query.queryKey)} />
        <Chips
          label="Which deliveries"
          options={statusOptions}
          isOn={(value) => value === status}
          onPress={setStatus}
        />
      </div>
      <QueryView query={deliveries}>
        {(list) =>
          list.length === 0 ? (
            <p className="quiet">No deliveries.</p>
          ) : (
            <DeliveryList deliveries={list} />
          )
        }
      </QueryView>
    </section>
  )
}
