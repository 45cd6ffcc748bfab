import type { ReactNode } from 'react'
import { OfflineError } from '../api/client.ts'
import { Icon } from './icons.tsx'

/** A state in place of a whole page, which has a name all the same. */
export function WholePage({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <h1 className="visually-hidden">{name}</h1>
      {children}
    </>
  )
}

/** Something is on its way. */
export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{label}…</span>
    </div>
  )
}

/** There is nothing, and that is not an error. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <p className="state-title">{title}</p>
      {children}
    </div>
  )
}

/** It did not work: what happened, and another try. */
export function Failed({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className="state state-failed" role="alert">
      <Icon name="alert" />
      <p className="state-title">{titleOf(error)}</p>
      <p>
        {error instanceof OfflineError
          ? 'It is asked again as soon as it can be reached.'
          : error.message}
      </p>
      {onRetry ? (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  )
}

function titleOf(error: Error): string {
  return error instanceof OfflineError ? 'The server cannot be reached' : 'That did not work'
}
