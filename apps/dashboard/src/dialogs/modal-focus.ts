import { type RefObject, useLayoutEffect } from 'react'

/** A dialog with a form gives its first field the focus, so that Enter submits the form. */
const firstField = 'input:checked, input:enabled'
/** A secret is shown once, and users press Enter twice: Enter then copies it rather than closes. */
const firstButton = '.secret button, .modal-actions button:enabled'

let openCount = 0

/** Whether a dialog is open. It then gets all keys, wherever the focus is. */
export function isModalOpen(): boolean {
  return openCount > 0
}

/** Moves the focus into a dialog. Selects the text of a field, so that typing replaces it. */
export function focusFirst(popup: HTMLElement | null): void {
  const first =
    popup?.querySelector<HTMLElement>(firstField) ?? popup?.querySelector<HTMLElement>(firstButton)
  first?.focus()
  if (first instanceof HTMLInputElement) first.select()
}

/**
 * Sends the keys to the dialog while it is open. The focus may be outside: the pressed button is
 * disabled, a field disappeared, or the user clicked between the fields. The browser sends a key to
 * the element that has the focus after the handlers ran, so moving the focus here is enough.
 */
export function useKeysInDialog(popup: RefObject<HTMLElement | null>, open: boolean): void {
  useLayoutEffect(() => {
    if (!open) return
    openCount++
    let last: HTMLElement | null = null
    const recordFocus = ({ target }: Event) => {
      if (target instanceof HTMLElement && isUsable(popup.current, target)) last = target
    }
    const moveFocus = (event: KeyboardEvent) => {
      // The key repeats from the page or the dialog before, which Enter opened or answered.
      if (event.key === 'Enter' && event.repeat) event.preventDefault()
      if (isHandledElsewhere(event) || isUsable(popup.current, document.activeElement)) return
      if (last?.isConnected && !last.matches(':disabled')) last.focus()
      else focusFirst(popup.current)
    }
    document.addEventListener('focusin', recordFocus)
    document.addEventListener('keydown', moveFocus, true)
    return () => {
      openCount--
      document.removeEventListener('focusin', recordFocus)
      document.removeEventListener('keydown', moveFocus, true)
    }
  }, [popup, open])
}

/** Whether an element inside the dialog can take keys. */
function isUsable(popup: HTMLElement | null, element: Element | null): boolean {
  return element !== popup && popup?.contains(element) === true && !element?.matches(':disabled')
}

/** Base UI handles Tab and Escape, the browser handles shortcuts with Ctrl, Cmd or Alt. */
function isHandledElsewhere({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true
  return ['Tab', 'Escape', 'Shift', 'Control', 'Alt', 'Meta'].includes(key)
}
