import type { ApiKeyWithSecret } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '../../api/keys.ts'
import type { Session } from '../../api/session.ts'
import { SecretDialog } from '../../dialogs/secret-dialog.tsx'
import { requestedAt } from '../../live/request-times.ts'
import { Icon } from '../../parts/icons.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { CreateKey } from './create-key.tsx'
import { KeyCard } from './key-card.tsx'

/** The key pairs of the account. */
export function KeysPage({ session }: { session: Session }) {
  const keys = useQuery(keysQuery)
  const [isCreating, setCreating] = useState(false)
  const [created, setCreated] = useState<ApiKeyWithSecret | null>(null)
  const canWrite = session.key.scopes.includes('keys:write')
  return (
    <div className="page">
      <PageHead title="API keys" requestedAtMs={() => requestedAt(keysQuery.queryKey)}>
        {canWrite ? (
          <button type="button" className="button button-main" onClick={() => setCreating(true)}>
            <Icon name="plus" /> Create key
          </button>
        ) : null}
      </PageHead>
      <QueryView query={keys}>
        {(list) => (
          <ul className="cards">
            {list.map((key) => (
              <KeyCard
                key={key.id}
                apiKey={key}
                isOwn={key.id === session.key.id}
                canWrite={canWrite}
              />
            ))}
          </ul>
        )}
      </QueryView>
      {isCreating ? (
        <CreateKey
          scopes={session.key.scopes}
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreating(false)
            setCreated(key)
          }}
        />
      ) : null}
      {created ? <NewKeyDialog created={created} onClose={() => setCreated(null)} /> : null}
    </div>
  )
}

function NewKeyDialog({ created, onClose }: { created: ApiKeyWithSecret; onClose: () => void }) {
  return (
    <SecretDialog
      title="Your new key"
      values={[
        { name: 'Publishable key', value: created.publishable_key },
        { name: 'Secret key', value: created.secret_key },
      ]}
      onClose={onClose}
    />
  )
}
