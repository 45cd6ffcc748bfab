import type { WebhookEndpointWithSecret } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { createEndpoint, endpointsQuery } from '../../api/webhooks.ts'
import { DialogEnd } from '../../dialogs/dialog-end.tsx'
import { Modal } from '../../dialogs/modal.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { EventChoice } from './event-choice.tsx'

/** A new address for events. */
export function CreateEndpoint({
  onMade,
  onClose,
}: {
  onMade: (endpoint: WebhookEndpointWithSecret) => void
  onClose: () => void
}) {
  const client = useQueryClient()
  const [events, setEvents] = useState<readonly string[]>(['*'])
  const create = useMutation({
    mutationFn: ({ url, description }: { url: string; description: string }) =>
      createEndpoint({
        url,
        description: description === '' ? null : description,
        events,
      }),
    onSuccess: onMade,
    onSettled: () => void client.invalidateQueries({ queryKey: endpointsQuery.queryKey }),
  })
  const createOnce = useSubmitOnce(create)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const read = (name: string) => String(form.get(name) ?? '').trim()
    createOnce({ url: read('url'), description: read('description') })
  }
  return (
    <Modal title="Add an endpoint" open onClose={onClose}>
      <form className="modal-body" onSubmit={submit}>
        <label className="field">
          <span>Address</span>
          <input name="url" type="url" required placeholder="https://example.com/webhooks" />
        </label>
        <label className="field">
          <span>Description (optional)</span>
          <input name="description" type="text" maxLength={500} autoComplete="off" />
        </label>
        <EventChoice events={events} onChange={setEvents} />
        <DialogEnd error={create.error} onBack={onClose}>
          <button
            type="submit"
            className="button button-main"
            disabled={create.isPending || events.length === 0}
          >
            Add endpoint
          </button>
        </DialogEnd>
      </form>
    </Modal>
  )
}
