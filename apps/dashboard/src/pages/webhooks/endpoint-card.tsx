import type { WebhookEndpoint } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  deleteEndpoint,
  replay,
  retryFailed,
  rotateSecret,
  sendTest,
  setEndpointEnabled,
} from '../../api/webhooks.ts'
import { Confirm } from '../../dialogs/confirm-dialog.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatCount, formatMoment } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'

interface EndpointCardProps {
  readonly endpoint: WebhookEndpoint
  readonly livemode: boolean
  readonly onSecret: (secret: string) => void
}

/** One endpoint: how it is doing, and what can be done about it. */
export function EndpointCard({ endpoint, livemode, onSecret }: EndpointCardProps) {
  return (
    <li className="card">
      <div className="key-head">
        <h2>{endpoint.url}</h2>
        <Health endpoint={endpoint} />
      </div>
      {endpoint.description ? <p>{endpoint.description}</p> : null}
      <p className="quiet">
        {endpoint.events[0] === '*' ? 'Every event' : endpoint.events.join(', ')}
        {endpoint.failing_since ? ` · failing since ${formatMoment(endpoint.failing_since)}` : null}
        {endpoint.old_secret_expires_at
          ? ` · the old secret signs too until ${formatMoment(endpoint.old_secret_expires_at)}`
          : null}
      </p>
      <Actions endpoint={endpoint} livemode={livemode} onSecret={onSecret} />
    </li>
  )
}

function Health({ endpoint }: { endpoint: WebhookEndpoint }) {
  if (!endpoint.enabled) {
    return <Badge tone="bad">{reasons[endpoint.disabled_reason ?? 'requested']}</Badge>
  }
  return endpoint.failing_since ? (
    <Badge tone="waiting">Failing</Badge>
  ) : (
    <Badge tone="good">Enabled</Badge>
  )
}

const reasons = {
  requested: 'Disabled',
  gone: 'Disabled: it answered 410',
  failing: 'Disabled: it failed for days',
} as const

type Action = 'test' | 'retry' | 'replay' | 'toggle' | 'rotate' | 'delete'

function Actions({ endpoint, livemode, onSecret }: EndpointCardProps) {
  const client = useQueryClient()
  const [asking, setAsking] = useState<'rotate' | 'delete' | null>(null)
  const act = useMutation({
    mutationFn: async (action: Action): Promise<string> => {
      if (action !== 'rotate') return await perform(action, endpoint)
      onSecret((await rotateSecret(endpoint.id)).secret)
      return 'The secret was rotated.'
    },
    onSuccess: () => setAsking(null),
    onSettled: () =>
      void client.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] === 'endpoints' || queryKey[0] === 'deliveries',
      }),
  })
  const actOnce = useSubmitOnce(act)
  const button = (name: string, run: () => void) => (
    <button type="button" className="button button-small" disabled={act.isPending} onClick={run}>
      {name}
    </button>
  )
  return (
    <>
      <div className="actions">
        {livemode ? null : button('Send test event', () => actOnce('test'))}
        {button('Retry failed', () => actOnce('retry'))}
        {button('Replay last 24 hours', () => actOnce('replay'))}
        {button('Rotate secret', () => setAsking('rotate'))}
        {button(endpoint.enabled ? 'Disable' : 'Enable', () => actOnce('toggle'))}
        {button('Delete', () => setAsking('delete'))}
      </div>
      <p role="status" className="quiet small">
        {act.data ?? ''}
      </p>
      {act.error && asking === null ? (
        <p className="problem" role="alert">
          {act.error.message}
        </p>
      ) : null}
      {asking ? (
        <Confirm
          title={asking === 'rotate' ? 'Rotate the secret?' : 'Delete this endpoint?'}
          action={asking === 'rotate' ? 'Rotate secret' : 'Delete endpoint'}
          busy={act.isPending}
          error={act.error}
          onConfirm={() => actOnce(asking)}
          onClose={() => setAsking(null)}
        >
          <p>
            {asking === 'rotate'
              ? 'A new secret is made and shown once. The old one signs as well for 24 hours, so that you can change over without missing an event.'
              : 'What is waiting for it is given up. The log of its deliveries stays.'}
          </p>
        </Confirm>
      ) : null}
    </>
  )
}

/** A day: what a broken receiver most often has missed by the time somebody looks. */
const replayMs = 86_400_000

async function perform(action: Exclude<Action, 'rotate'>, { id, enabled }: WebhookEndpoint) {
  switch (action) {
    case 'test':
      await sendTest(id)
      return 'A test event is on its way.'
    case 'retry': {
      const { count } = await retryFailed(id)
      return count === 0 ? 'Nothing has failed.' : `${formatCount(count)} are sent again.`
    }
    case 'replay':
      await replay(id, new Date(Date.now() - replayMs).toISOString())
      return 'Every event of the last 24 hours is sent again.'
    case 'toggle':
      await setEndpointEnabled(id, !enabled)
      return enabled ? 'Disabled.' : 'Enabled.'
    case 'delete':
      await deleteEndpoint(id)
      return 'Deleted.'
  }
}
