import type { ReactNode } from 'react'
import { OfflineError } from '../api/client.ts'
import { Icon } from './icons.tsx'

/** A page that has nothing but a state to show. Screen readers get its name as a heading. */
export function StatePage({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <h1 className="visually-hidden">{name}</h1>
      {children}
    </>
  )
}

/** The data is not here yet. */
export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{label}…</span>
    </div>
  )
}

/** The data is here and is empty. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <p className="state-title">{title}</p>
      {children}
    </div>
  )
}

/** The data could not be read: why, and a button that tries again. */
export function Failed({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className="state state-failed" role="alert">
      <Icon name="alert" />
      <p className="state-title">{titleOf(error)}</p>
      <p>
        {error instanceof OfflineError ? 'The dashboard keeps trying to reach it.' : error.message}
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
