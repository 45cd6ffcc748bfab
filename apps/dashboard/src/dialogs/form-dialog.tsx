import type { FormEvent, ReactNode } from 'react'
import { DialogEnd } from './dialog-end.tsx'
import { Modal } from './modal.tsx'

interface FormDialogProps {
  readonly title: string
  readonly open?: boolean
  readonly onClose: () => void
  readonly onSubmit: (form: FormData) => void
  /** Text of the button that submits. */
  readonly action: string
  readonly isDangerous?: boolean
  readonly disabled: boolean
  /** Text of the button that closes. */
  readonly back?: string
  /** Error of the last try. */
  readonly error: Error | null
  readonly errorHint?: string | undefined
  /** The fields. */
  readonly children: ReactNode
}

/** A dialog with a form. Enter in a field submits it. */
export function FormDialog({
  title,
  open = true,
  onClose,
  onSubmit,
  action,
  isDangerous = false,
  disabled,
  back,
  error,
  errorHint,
  children,
}: FormDialogProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onSubmit(new FormData(event.currentTarget))
  }
  return (
    <Modal title={title} open={open} onClose={onClose}>
      <form className="modal-body" onSubmit={submit}>
        {children}
        <DialogEnd
          error={error}
          errorHint={errorHint}
          onBack={onClose}
          {...(back === undefined ? {} : { back })}
        >
          <button
            type="submit"
            className={isDangerous ? 'button button-danger' : 'button button-main'}
            disabled={disabled}
          >
            {action}
          </button>
        </DialogEnd>
      </form>
    </Modal>
  )
}

/** Reads a text field of a form without the spaces around it. */
export function readText(form: FormData, name: string): string {
  return String(form.get(name) ?? '').trim()
}
