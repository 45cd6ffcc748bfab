import { Dialog } from '@base-ui/react/dialog'
import { type ReactNode, useRef } from 'react'
import { Icon } from './icons.tsx'

interface ModalProps {
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A question in front of everything else. Escape and a click beside it close it. */
export function Modal({ title, open, onClose, children }: ModalProps) {
  const popup = useRef<HTMLDivElement>(null)
  // Where one goes on: the first field, so that Enter is the answer and Escape the way back.
  const findFirst = () =>
    popup.current?.querySelector<HTMLElement>('input:checked, input') ??
    popup.current?.querySelector<HTMLElement>('.modal-actions button') ??
    null
  return (
    <Dialog.Root open={open} onOpenChange={(isOpen) => isOpen || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="modal" ref={popup} initialFocus={findFirst}>
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
