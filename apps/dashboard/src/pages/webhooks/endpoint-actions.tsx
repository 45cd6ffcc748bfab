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
import { ConfirmDialog } from '../../dialogs/confirm-dialog.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatCount } from '../../format.ts'

/** An endpoint, as its card and its buttons get it. */
export interface EndpointProps {
  readonly endpoint: WebhookEndpoint
  readonly livemode: boolean
  /** Called with the new secret after a rotation. */
  readonly onSecret: (secret: string) => void
}

type Action = 'test' | 'retry' | 'replay' | 'toggle' | 'rotate' | 'delete'

/** The buttons of an endpoint, and the result of the last one that was pressed. */
export function EndpointActions({ endpoint, livemode, onSecret }: EndpointProps) {
  const [asking, setAsking] = useState<keyof typeof questions | null>(null)
  const act = useAction({ endpoint, onSecret, onDone: () => setAsking(null) })
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
        <ConfirmDialog
          title={questions[asking].title}
          action={questions[asking].action}
          busy={act.isPending}
          error={act.error}
          onConfirm={() => actOnce(asking)}
          onClose={() => setAsking(null)}
        >
          <p>{questions[asking].text}</p>
        </ConfirmDialog>
      ) : null}
    </>
  )
}

const questions = {
  rotate: {
    title: 'Rotate the secret?',
    action: 'Rotate secret',
    text: 'The new secret is shown once. For 24 hours the old one signs as well, so that you can switch without missing an event.',
  },
  delete: {
    title: 'Delete this endpoint?',
    action: 'Delete endpoint',
    text: 'Deliveries that still wait for it are abandoned. The log of its deliveries stays.',
  },
} as const

/** Runs an action. Its data is a text that says what was done. */
function useAction({
  endpoint,
  onSecret,
  onDone,
}: Omit<EndpointProps, 'livemode'> & { onDone: () => void }) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (action: Action): Promise<string> => {
      if (action !== 'rotate') return await perform(action, endpoint)
      onSecret((await rotateSecret(endpoint.id)).secret)
      return 'The secret was rotated.'
    },
    onSuccess: onDone,
    onSettled: () =>
      void client.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] === 'endpoints' || queryKey[0] === 'deliveries',
      }),
  })
}

/** A day: most users notice a broken receiver within that time. */
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
