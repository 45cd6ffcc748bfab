import type { ApiKeyWithSecret } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { createKey, keysQuery } from '../../api/keys.ts'
import { DialogEnd } from '../../dialogs/dialog-end.tsx'
import { Modal } from '../../dialogs/modal.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'

/** A new key pair with some or all of what the own key may do. */
export function CreateKey({
  scopes,
  onMade,
  onClose,
}: {
  scopes: readonly string[]
  onMade: (key: ApiKeyWithSecret) => void
  onClose: () => void
}) {
  const client = useQueryClient()
  const [chosen, setChosen] = useState<readonly string[]>(scopes)
  const create = useMutation({
    mutationFn: (name: string) =>
      createKey({
        name: name === '' ? null : name,
        scopes: chosen,
      }),
    onSuccess: onMade,
    onSettled: () => void client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  const createOnce = useSubmitOnce(create)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    createOnce(String(new FormData(event.currentTarget).get('name') ?? '').trim())
  }
  const toggle = (scope: string) =>
    setChosen(chosen.includes(scope) ? chosen.filter((s) => s !== scope) : [...chosen, scope])
  return (
    <Modal title="Create a key pair" open onClose={onClose}>
      <form className="modal-body" onSubmit={submit}>
        <label className="field">
          <span>Name (optional)</span>
          <input name="name" type="text" maxLength={100} autoComplete="off" />
        </label>
        <fieldset className="checks">
          <legend>It may</legend>
          {scopes.map((scope) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={chosen.includes(scope)}
                onChange={() => toggle(scope)}
              />
              <code>{scope}</code>
            </label>
          ))}
        </fieldset>
        <DialogEnd error={create.error} onBack={onClose}>
          <button
            type="submit"
            className="button button-main"
            disabled={create.isPending || chosen.length === 0}
          >
            Create key
          </button>
        </DialogEnd>
      </form>
    </Modal>
  )
}
