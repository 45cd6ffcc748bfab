import type { ApiKey, ApiKeyWithSecret } from '@hedgepayments/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery, revokeKey } from '../../api/keys.ts'
import type { Session } from '../../api/session.ts'
import { Confirm } from '../../dialogs/confirm-dialog.tsx'
import { SecretDialog } from '../../dialogs/secret-dialog.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatMoment } from '../../format.ts'
import { askedAt } from '../../live/request-times.ts'
import { Badge } from '../../parts/badge.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { CreateKey } from './create-key.tsx'

/** Key pairs: made, and revoked. */
export function KeysPage({ session }: { session: Session }) {
  const keys = useQuery(keysQuery)
  const [creating, setCreating] = useState(false)
  const [made, setMade] = useState<ApiKeyWithSecret | null>(null)
  const canWrite = session.key.scopes.includes('keys:write')
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>API keys</h1>
          <Freshness askedAtMs={() => askedAt(keysQuery.queryKey)} />
        </div>
        {canWrite ? (
          <button type="button" className="button button-main" onClick={() => setCreating(true)}>
            <Icon name="plus" /> Create key
          </button>
        ) : null}
      </header>
      {keys.data ? (
        <ul className="cards">
          {keys.data.map((key) => (
            <KeyCard
              key={key.id}
              apiKey={key}
              isOwn={key.id === session.key.id}
              canWrite={canWrite}
            />
          ))}
        </ul>
      ) : keys.error ? (
        <Failed error={keys.error} onRetry={() => void keys.refetch()} />
      ) : (
        <Loading />
      )}
      {creating ? (
        <CreateKey
          scopes={session.key.scopes}
          onClose={() => setCreating(false)}
          onMade={(key) => {
            setCreating(false)
            setMade(key)
          }}
        />
      ) : null}
      {made ? (
        <SecretDialog
          title="Your new key"
          values={[
            { name: 'Publishable key', value: made.publishable_key },
            { name: 'Secret key', value: made.secret_key },
          ]}
          onClose={() => setMade(null)}
        />
      ) : null}
    </div>
  )
}

function KeyCard({
  apiKey,
  isOwn,
  canWrite,
}: {
  apiKey: ApiKey
  isOwn: boolean
  canWrite: boolean
}) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const revoke = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: () => setAsking(false),
    onSettled: () => void client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  })
  const revokeOnce = useSubmitOnce(revoke)
  const name = apiKey.name ?? apiKey.secret_hint
  return (
    <li className="card key">
      <div className="key-head">
        <h2>{name}</h2>
        {apiKey.revoked_at === null ? (
          <Badge tone="good">{isOwn ? 'This session' : 'Active'}</Badge>
        ) : (
          <Badge tone="quiet">Revoked</Badge>
        )}
        {canWrite && apiKey.revoked_at === null ? (
          <button
            type="button"
            className="button button-small"
            onClick={() => setAsking(true)}
            aria-label={`Revoke ${name}`}
          >
            Revoke
          </button>
        ) : null}
      </div>
      <dl className="facts">
        <dt>Secret key</dt>
        <dd>
          <code>{apiKey.secret_hint}</code>
        </dd>
        <dt>Publishable key</dt>
        <dd>
          <code>{apiKey.publishable_key}</code>
        </dd>
        <dt>May</dt>
        <dd>{apiKey.scopes.join(', ')}</dd>
        <dt>Created</dt>
        <dd>{formatMoment(apiKey.created_at)}</dd>
        {apiKey.revoked_at ? (
          <>
            <dt>Revoked</dt>
            <dd>{formatMoment(apiKey.revoked_at)}</dd>
          </>
        ) : null}
      </dl>
      {asking ? (
        <Confirm
          title={`Revoke ${name}?`}
          action="Revoke key"
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revokeOnce()}
          onClose={() => setAsking(false)}
        >
          <p>
            Programs that use it are refused within five seconds, and this cannot be undone.
            {isOwn ? ' It is the key you are signed in with: you will be signed out.' : null}
          </p>
        </Confirm>
      ) : null}
    </li>
  )
}
