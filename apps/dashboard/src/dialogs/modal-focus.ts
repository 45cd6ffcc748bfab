import { type RefObject, useLayoutEffect } from 'react'

/** Where a dialog begins: the first field, so that Enter is the answer and Escape the way back. */
const firstField = 'input:checked, input:enabled'
/** A secret is copied rather than dismissed: it is shown once, and Enter is pressed twice at times. */
const firstButton = '.secret button, .modal-actions button:enabled'

let openCount = 0

/** Whether a dialog is open. Keys are for it then, wherever the focus is. */
export function isModalOpen(): boolean {
  return openCount > 0
}

/** Moves the focus into a dialog, and selects a text, so that what is typed replaces it. */
export function focusFirst(popup: HTMLElement | null): void {
  const first =
    popup?.querySelector<HTMLElement>(firstField) ?? popup?.querySelector<HTMLElement>(firstButton)
  first?.focus()
  if (first instanceof HTMLInputElement) first.select()
}

/**
 * Keys that are pressed while a dialog is open arrive in it. The focus may be elsewhere: a button
 * that was pressed is disabled meanwhile, a field is gone, or someone clicked between the fields.
 * A key goes to the element that is focused when its handlers are done, so moving the focus while
 * the key is pressed is enough.
 */
export function useKeysInside(popup: RefObject<HTMLElement | null>, open: boolean): void {
  useLayoutEffect(() => {
    if (!open) return
    openCount++
    let last: HTMLElement | null = null
    const remember = ({ target }: Event) => {
      if (target instanceof HTMLElement && isField(popup.current, target)) last = target
    }
    const lead = (event: KeyboardEvent) => {
      // Enter that is held down opened the dialog, or answers the one before.
      if (event.key === 'Enter' && event.repeat) event.preventDefault()
      if (isForBrowser(event) || isField(popup.current, document.activeElement)) return
      if (last?.isConnected && !last.matches(':disabled')) last.focus()
      else focusFirst(popup.current)
    }
    document.addEventListener('focusin', remember)
    document.addEventListener('keydown', lead, true)
    return () => {
      openCount--
      document.removeEventListener('focusin', remember)
      document.removeEventListener('keydown', lead, true)
    }
  }, [popup, open])
}

function isField(popup: HTMLElement | null, element: Element | null): boolean {
  return element !== popup && popup?.contains(element) === true && !element?.matches(':disabled')
}

/** Tab and Escape are handled by the dialog itself; with Ctrl or Cmd a key is the browser's. */
function isForBrowser({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true
  return ['Tab', 'Escape', 'Shift', 'Control', 'Alt', 'Meta'].includes(key)
}
