import type { ReactNode } from 'react'

/** The end of a dialog: the error of the last try, and the buttons. */
export function DialogEnd({
  error,
  errorHint,
  back = 'Back',
  onBack,
  children,
}: {
  error: Error | null
  /** Follows the error's message. */
  errorHint?: string | undefined
  /** The button that closes the dialog. */
  back?: string
  onBack: () => void
  /** The buttons that act. */
  children: ReactNode
}) {
  return (
    <>
      {error ? (
        <p className="problem" role="alert">
          {error.message} {errorHint}
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
