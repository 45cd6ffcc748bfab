import type { WebhookEndpointWithSecret } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { createEndpoint, endpointsQuery } from '../../api/webhooks.ts'
import { FormDialog, readText } from '../../dialogs/form-dialog.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { EventChoice } from './event-choice.tsx'

/** Adds an endpoint that receives events. */
export function CreateEndpoint({
  onCreated,
  onClose,
}: {
  onCreated: (endpoint: WebhookEndpointWithSecret) => void
  onClose: () => void
}) {
  const client = useQueryClient()
  const [events, setEvents] = useState<readonly string[]>(['*'])
  const create = useMutation({
    mutationFn: createEndpoint,
    onSuccess: onCreated,
    onSettled: () => void client.invalidateQueries({ queryKey: endpointsQuery.queryKey }),
  })
  const createOnce = useSubmitOnce(create)
  const submit = (form: FormData) => {
    const description = readText(form, 'description')
    createOnce({
      url: readText(form, 'url'),
      description: description === '' ? null : description,
      events,
    })
  }
  return (
    <FormDialog
      title="Add an endpoint"
      onClose={onClose}
      onSubmit={submit}
      action="Add endpoint"
      disabled={create.isPending || events.length === 0}
      error={create.error}
    >
      <label className="field">
        <span>Address</span>
        <input name="url" type="url" required placeholder="https://example.com/webhooks" />
      </label>
      <label className="field">
        <span>Description (optional)</span>
        <input name="description" type="text" maxLength={500} autoComplete="off" />
      </label>
      <EventChoice events={events} onChange={setEvents} />
    </FormDialog>
  )
}
