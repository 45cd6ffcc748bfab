import type { ReactNode } from 'react'

/** How a dialog ends: what went wrong, the way back, and what it is there to do. */
export function DialogEnd({
  error,
  back = 'Back',
  onBack,
  children,
}: {
  error: Error | null
  back?: string
  onBack: () => void
  /** The button, or buttons, that do it. */
  children: ReactNode
}) {
  return (
    <>
      {error ? (
        <p className="problem" role="alert">
          {error.message}
        </p>
      ) : null}
      <div className="modal-actions">
        <button type="button" className="button" onClick={onBack}>
          {back}
        </button>
        {children}
      </div>
    </>
  )
}
