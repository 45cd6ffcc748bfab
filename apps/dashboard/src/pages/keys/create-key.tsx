import type { ApiKeyWithSecret } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { createKey, keysQuery } from '../../api/keys.ts'
import { Checkboxes } from '../../dialogs/checkboxes.tsx'
import { FormDialog, readText } from '../../dialogs/form-dialog.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'

/** Creates a key pair. It can get the scopes of the session's key, or some of them. */
export function CreateKey({
  scopes,
  onCreated,
  onClose,
}: {
  scopes: readonly string[]
  onCreated: (key: ApiKeyWithSecret) => void
  onClose: () => void
}) {
  const client = useQueryClient()
  const [chosen, setChosen] = useState<readonly string[]>(scopes)
  const create = useMutation({
    mutationFn: (name: string) => createKey({ name: name === '' ? null : name, scopes: chosen }),
    onSuccess: onCreated,
    onSettled: () => void client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  const createOnce = useSubmitOnce(create)
  return (
    <FormDialog
      title="Create a key pair"
      onClose={onClose}
      onSubmit={(form) => createOnce(readText(form, 'name'))}
      action="Create key"
      disabled={create.isPending || chosen.length === 0}
      error={create.error}
    >
      <label className="field">
        <span>Name (optional)</span>
        <input name="name" type="text" maxLength={100} autoComplete="off" />
      </label>
      <Checkboxes legend="Scopes" options={scopes} chosen={chosen} onChange={setChosen} />
    </FormDialog>
  )
}
