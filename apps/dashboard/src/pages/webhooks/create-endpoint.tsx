import type { WebhookEndpointWithSecret } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { createEndpoint, endpointsQuery } from '../../api/webhooks.ts'
import { DialogEnd } from '../../parts/dialog-end.tsx'
import { Modal } from '../../parts/modal.tsx'

/** A new address for every event. */
export function CreateEndpoint({
  onMade,
  onClose,
}: {
  onMade: (endpoint: WebhookEndpointWithSecret) => void
  onClose: () => void
}) {
  const client = useQueryClient()
  const create = useMutation({
    mutationFn: ({ url, description }: { url: string; description: string }) =>
      createEndpoint({
        url,
        description: description === '' ? null : description,
        events: ['*'],
      }),
    onSuccess: onMade,
    onSettled: () => client.invalidateQueries({ queryKey: endpointsQuery.queryKey }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const read = (name: string) => String(form.get(name) ?? '').trim()
    create.mutate({ url: read('url'), description: read('description') })
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
        <DialogEnd error={create.error} onBack={onClose}>
          <button type="submit" className="button button-main" disabled={create.isPending}>
            Add endpoint
          </button>
        </DialogEnd>
      </form>
    </Modal>
  )
}
