import { useLayoutEffect, useRef } from 'react'
import { isModalOpen } from './modal-focus.ts'

/**
 * Calls `act` with each key that is pressed outside of dialogs and text fields. `act` returns
 * whether it used the key. The latest `act` is called, so that no key is lost between two renders.
 */
export function useShortcut(act: (key: string) => boolean): void {
  const latest = useRef(act)
  useLayoutEffect(() => {
    latest.current = act
  })
  // A layout effect, so that the listener exists before the user sees the button.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || isModalOpen() || isTyping(event.target)) return
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (latest.current(event.key)) event.preventDefault()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.matches('input:not([type=checkbox], [type=radio]), textarea, select')
}
