import { Dialog } from '@base-ui/react/dialog'
import { type ReactNode, useRef } from 'react'
import { Icon } from '../parts/icons.tsx'
import { focusFirst, useKeysInDialog } from './modal-focus.ts'

interface ModalProps {
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A dialog in front of the page. Escape and a click beside it close it. */
export function Modal({ title, open, onClose, children }: ModalProps) {
  const popup = useRef<HTMLDivElement>(null)
  useKeysInDialog(popup, open)
  // Base UI moves the focus in the next frame. On a busy machine the user's next keys come before
  // that and would be lost. Base UI calls this function earlier; `false` turns its own move off.
  const focusNow = () => {
    focusFirst(popup.current)
    return false
  }
  return (
    <Dialog.Root open={open} onOpenChange={(isOpen) => isOpen || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="modal" ref={popup} initialFocus={focusNow}>
          <header className="modal-head">
            <Dialog.Title className="modal-title">{title}</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label="Close">
              <Icon name="close" />
            </Dialog.Close>
          </header>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
