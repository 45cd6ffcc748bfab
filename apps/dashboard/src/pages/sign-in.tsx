import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef } from 'react'
import { sessionQuery, signIn } from '../api/session.ts'
import { readText } from '../dialogs/form-dialog.tsx'

/** The sign-in form. The server puts the session into a cookie that scripts cannot read. */
export function SignIn({ hasEnded }: { hasEnded: boolean }) {
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    start.mutate(readText(new FormData(event.currentTarget), 'secret_key'))
  }
  return (
    <main className="lone">
      <form className="card sign-in" onSubmit={submit}>
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
        <SecretKeyField error={start.error?.message ?? null} />
        <button type="submit" className="button button-main" disabled={start.isPending}>
          {start.isPending ? 'Signing in…' : 'Sign in'}
        </button>
        <p className="quiet small">
          A test key shows test payments, a live key live payments. The server printed a test key
          when it first started; <code>hedge keys create</code> creates more. The session ends after
          twelve hours, or at once when the key is revoked.
        </p>
      </form>
    </main>
  )
}

function SecretKeyField({ error }: { error: string | null }) {
  const input = useRef<HTMLInputElement>(null)
  // The form has one field, so typing and pasting go there at once.
  useEffect(() => input.current?.focus(), [])
  return (
    <>
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
    </>
  )
}
