import type { ApiKey } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery, revokeKey } from '../../api/keys.ts'
import { ConfirmDialog } from '../../dialogs/confirm-dialog.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatTimestamp } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'

interface KeyCardProps {
  readonly apiKey: ApiKey
  /** Whether the user signed in with this key. */
  readonly isOwn: boolean
  readonly canWrite: boolean
}

/** One key pair. */
export function KeyCard({ apiKey, isOwn, canWrite }: KeyCardProps) {
  const [isRevoking, setRevoking] = useState(false)
  const isRevoked = apiKey.revoked_at !== null
  const name = nameOf(apiKey)
  return (
    <li className="card key">
      <div className="key-head">
        <h2>{name}</h2>
        {isRevoked ? (
          <Badge tone="quiet">Revoked</Badge>
        ) : (
          <Badge tone="good">{isOwn ? 'This session' : 'Active'}</Badge>
        )}
        {canWrite && !isRevoked ? (
          <button
            type="button"
            className="button button-small"
            onClick={() => setRevoking(true)}
            aria-label={`Revoke ${name}`}
          >
            Revoke
          </button>
        ) : null}
      </div>
      <KeyFacts apiKey={apiKey} />
      {isRevoking ? (
        <RevokeDialog apiKey={apiKey} isOwn={isOwn} onClose={() => setRevoking(false)} />
      ) : null}
    </li>
  )
}

function nameOf(apiKey: ApiKey): string {
  return apiKey.name ?? apiKey.secret_hint
}

function KeyFacts({ apiKey }: { apiKey: ApiKey }) {
  return (
    <dl className="facts">
      <dt>Secret key</dt>
      <dd>
        <code>{apiKey.secret_hint}</code>
      </dd>
      <dt>Publishable key</dt>
      <dd>
        <code>{apiKey.publishable_key}</code>
      </dd>
      <dt>Scopes</dt>
      <dd>{apiKey.scopes.join(', ')}</dd>
      <dt>Created</dt>
      <dd>{formatTimestamp(apiKey.created_at)}</dd>
      {apiKey.revoked_at ? (
        <>
          <dt>Revoked</dt>
          <dd>{formatTimestamp(apiKey.revoked_at)}</dd>
        </>
      ) : null}
    </dl>
  )
}

function RevokeDialog({
  apiKey,
  isOwn,
  onClose,
}: Pick<KeyCardProps, 'apiKey' | 'isOwn'> & { onClose: () => void }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: onClose,
    onSettled: () => void client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  const revokeOnce = useSubmitOnce(revoke)
  return (
    <ConfirmDialog
      title={`Revoke ${nameOf(apiKey)}?`}
      action="Revoke key"
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revokeOnce()}
      onClose={onClose}
    >
      <p>
        Programs that use it are refused within five seconds, and this cannot be undone.
        {isOwn ? ' It is the key you are signed in with: you will be signed out.' : null}
      </p>
    </ConfirmDialog>
  )
}
