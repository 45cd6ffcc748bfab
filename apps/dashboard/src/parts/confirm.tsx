import type { ReactNode } from 'react'
import { Modal } from './modal.tsx'

/** Asks before something that cannot be undone. */
export function Confirm({
  title,
  action,
  busy,
  error,
  onConfirm,
  onClose,
  children,
}: {
  title: string
  action: string
  busy: boolean
  error: Error | null
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}) {
  return (
    <Modal title={title} open onClose={onClose}>
      <div className="modal-body">
        {children}
        {error ? (
          <p className="problem" role="alert">
            {error.message}
          </p>
        ) : null}
        <div className="modal-actions">
          <button type="button" className="button" onClick={onClose}>
            Back
          </button>
          <button
            type="button"
            className="button button-danger"
            disabled={busy}
            onClick={onConfirm}
          >
            {action}
          </button>
        </div>
      </div>
    </Modal>
  )
}
