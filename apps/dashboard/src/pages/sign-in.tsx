import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { sessionQuery, signIn } from '../api/session.ts'

/** The way in: the secret key becomes a cookie that no script can read, and is forgotten here. */
export function SignIn({ hasEnded }: { hasEnded: boolean }) {
  const client = useQueryClient()
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  // There is one thing to do here: what is typed or pasted is the key.
  useEffect(() => input.current?.focus(), [])

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const key = String(new FormData(event.currentTarget).get('secret_key') ?? '').trim()
    setBusy(true)
    setError(null)
    try {
      client.setQueryData(sessionQuery.queryKey, await signIn(key))
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : 'That did not work.')
      setBusy(false)
    }
  }

  return (
    <main className="lone">
      <form className="card sign-in" onSubmit={(event) => void submit(event)}>
        <span className="brand-mark" aria-hidden="true">
          H
        </span>
        <h1>Hedge Payments</h1>
        {hasEnded ? (
          <p className="notice" role="status">
            Your session has ended: sign in again to go on where you were.
          </p>
        ) : (
          <p className="quiet">Sign in with the secret key of a key pair.</p>
        )}
        <label className="field">
          <span>Secret key</span>
          <input
            ref={input}
            name="secret_key"
            type="password"
            autoComplete="current-password"
            placeholder="sk_test_… or sk_live_…"
            required
            spellCheck={false}
            aria-describedby={error ? 'sign-in-error' : undefined}
            aria-invalid={error ? true : undefined}
          />
        </label>
        {error ? (
          <p className="problem" id="sign-in-error" role="alert">
            {error}
          </p>
        ) : null}
        <button type="submit" className="button button-main" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
        <p className="quiet small">
          A test key shows test payments, a live key live ones. The server has printed a test key at
          its first start; <code>hedge keys create</code> makes more. The session ends after twelve
          hours, or at once when the key is revoked.
        </p>
      </form>
    </main>
  )
}
