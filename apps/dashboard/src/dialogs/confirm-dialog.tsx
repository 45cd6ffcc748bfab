import type { ReactNode } from 'react'
import { DialogEnd } from './dialog-end.tsx'
import { Modal } from './modal.tsx'

/** Asks before an action that cannot be undone. Enter goes back. */
export function ConfirmDialog({
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
        <DialogEnd error={error} onBack={onClose}>
          <button
            type="button"
            className="button button-danger"
            disabled={busy}
            onClick={onConfirm}
          >
            {action}
          </button>
        </DialogEnd>
      </div>
    </Modal>
  )
}
