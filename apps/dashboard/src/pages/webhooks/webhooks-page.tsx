import type { WebhookEndpoint } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { endpointsQuery } from '../../api/webhooks.ts'
import { SecretDialog } from '../../dialogs/secret-dialog.tsx'
import { requestedAt } from '../../live/request-times.ts'
import { Icon } from '../../parts/icons.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { Empty } from '../../parts/states.tsx'
import { CreateEndpoint } from './create-endpoint.tsx'
import { DeliveryLog } from './delivery-log.tsx'
import { EndpointCard } from './endpoint-card.tsx'

/** The webhook endpoints of the account, and their deliveries. */
export function WebhooksPage({ livemode }: { livemode: boolean }) {
  const endpoints = useQuery(endpointsQuery)
  const [isCreating, setCreating] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  return (
    <div className="page">
      <PageHead title="Webhooks" requestedAtMs={() => requestedAt(endpointsQuery.queryKey)}>
        <button type="button" className="button button-main" onClick={() => setCreating(true)}>
          <Icon name="plus" /> Add endpoint
        </button>
      </PageHead>
      <QueryView query={endpoints}>
        {(list) => <EndpointList endpoints={list} livemode={livemode} onSecret={setSecret} />}
      </QueryView>
      {endpoints.data && endpoints.data.length > 0 ? <DeliveryLog /> : null}
      {isCreating ? (
        <CreateEndpoint
          onClose={() => setCreating(false)}
          onCreated={(created) => {
            setCreating(false)
            setSecret(created.secret)
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

function EndpointList({
  endpoints,
  livemode,
  onSecret,
}: {
  endpoints: readonly WebhookEndpoint[]
  livemode: boolean
  onSecret: (secret: string) => void
}) {
  if (endpoints.length === 0) {
    return (
      <Empty title="No endpoint yet">
        <p>Add an address of yours, and every step of a payment is sent to it.</p>
      </Empty>
    )
  }
  return (
    <ul className="cards">
      {endpoints.map((endpoint) => (
        <EndpointCard
          key={endpoint.id}
          endpoint={endpoint}
          livemode={livemode}
          onSecret={onSecret}
        />
      ))}
    </ul>
  )
}
