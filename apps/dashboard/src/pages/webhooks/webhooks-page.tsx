import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { deliveriesQuery, endpointsQuery } from '../../api/webhooks.ts'
import { SecretDialog } from '../../dialogs/secret-dialog.tsx'
import { askedAt } from '../../live/request-times.ts'
import { Freshness } from '../../parts/freshness.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { CreateEndpoint } from './create-endpoint.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { EndpointCard } from './endpoint-card.tsx'

/** Where events are sent, and what became of each. */
export function WebhooksPage({ livemode }: { livemode: boolean }) {
  const endpoints = useQuery(endpointsQuery)
  const [creating, setCreating] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Webhooks</h1>
          <Freshness askedAtMs={() => askedAt(endpointsQuery.queryKey)} />
        </div>
        <button type="button" className="button button-main" onClick={() => setCreating(true)}>
          <Icon name="plus" /> Add endpoint
        </button>
      </header>
      {endpoints.data ? (
        endpoints.data.length === 0 ? (
          <Empty title="No endpoint yet">
            <p>Add an address of yours, and every step of a payment is sent to it.</p>
          </Empty>
        ) : (
          <ul className="cards">
            {endpoints.data.map((endpoint) => (
              <EndpointCard
                key={endpoint.id}
                endpoint={endpoint}
                livemode={livemode}
                onSecret={setSecret}
              />
            ))}
          </ul>
        )
      ) : endpoints.error ? (
        <Failed error={endpoints.error} onRetry={() => void endpoints.refetch()} />
      ) : (
        <Loading />
      )}
      {endpoints.data && endpoints.data.length > 0 ? <Log /> : null}
      {creating ? (
        <CreateEndpoint
          onClose={() => setCreating(false)}
          onMade={(made) => {
            setCreating(false)
            setSecret(made.secret)
          }}
        />
      ) : null}
      {secret ? (
        <SecretDialog
          title="Signing secret"
          values={[{ name: 'Secret', value: secret }]}
          onClose={() => setSecret(null)}
        />
      ) : null}
    </div>
  )
}

const shownOptions = [
  { status: '', name: 'All' },
  { status: 'failed', name: 'Failed' },
  { status: 'pending', name: 'Pending' },
  { status: 'succeeded', name: 'Delivered' },
] as const

function Log() {
  const [status, setStatus] = useState('')
  const query = deliveriesQuery(status === '' ? {} : { status })
  const deliveries = useQuery(query)
  return (
    <section className="card" aria-labelledby="log">
      <div className="card-head">
        <h2 id="log">Deliveries</h2>
        <Freshness askedAtMs={() => askedAt(query.queryKey)} />
        <fieldset className="chips" aria-label="Which deliveries">
          {shownOptions.map((option) => (
            <button
              key={option.status}
              type="button"
              className="chip"
              aria-pressed={option.status === status}
              onClick={() => setStatus(option.status)}
            >
              {option.name}
            </button>
          ))}
        </fieldset>
      </div>
      {deliveries.data ? (
        deliveries.data.length === 0 ? (
          <p className="quiet">There are none.</p>
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
