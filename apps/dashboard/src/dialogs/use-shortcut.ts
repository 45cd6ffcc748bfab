import { useEffect, useLayoutEffect, useRef } from 'react'
import { isModalOpen } from './modal-focus.ts'

/**
 * Runs `act` when a single key is pressed while no dialog is open and nothing is typed into. `act`
 * says whether the key meant anything. Its latest version is called: the key is never lost between
 * two renders.
 */
export function useShortcut(act: (key: string) => boolean): void {
  const latest = useRef(act)
  useLayoutEffect(() => {
    latest.current = act
  })
  useEffect(() => {
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
